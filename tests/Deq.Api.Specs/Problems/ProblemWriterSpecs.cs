using Deq.Api.Problems;
using Microsoft.AspNetCore.Http;

namespace Deq.Api.Specs.Problems;

public sealed class ProblemWriterSpecs
{
    [Fact]
    public async Task Notes_that_no_client_is_left_instead_of_failing()
    {
        var http = new DefaultHttpContext { RequestAborted = new CancellationToken(canceled: true) };

        await http.WriteProblemAsync(ProblemKinds.NotFound, "It is not there.");

        Assert.Equal(499, http.Response.StatusCode);
    }
}
