using Deq.Api.Requests;

namespace Deq.Api.Specs.Requests;

public sealed class RequestRecordSpecs
{
    [Fact]
    public void Sums_all_that_was_solved_for_a_request_and_names_each_reason_once()
    {
        var record = new RequestRecord();

        record.Note("tolerance", 3);
        record.Note("deadline,tolerance", int.MaxValue);
        record.Note("evaluations", int.MaxValue);

        Assert.Equal("tolerance,deadline,evaluations", record.Stop);
        Assert.Equal(3 + (2L * int.MaxValue), record.Evaluations);
    }
}
