using Deq.Api.Fronts.OpenInference;
using Deq.Api.Solving;

namespace Deq.Api.Specs.Fronts.OpenInference;

public sealed class InferParametersSpecs
{
    [Theory]
    [InlineData("1", "1")]
    [InlineData("1000", "1")]
    [InlineData("1001", "2")]
    [InlineData("5000000", "5000")]
    [InlineData("9223372036854775807", "9223372036854776")]
    [InlineData("18446744073709551615", "18446744073709552")]
    public void Turn_a_timeout_into_whole_milliseconds_rounded_up(string microseconds, string milliseconds)
    {
        var request = new InferRequest { Inputs = [], Parameters = new Dictionary<string, string> { [InferParameters.Timeout] = microseconds } };

        KeyValuePair<string, string> given = Assert.Single(InferParameters.SolveOf(request, SolveParameter.All));

        Assert.Equal((SolveParameter.DeadlineMs.Name, milliseconds), (given.Key, given.Value));
    }

    [Fact]
    public void Leave_out_a_timeout_of_nothing()
    {
        var request = new InferRequest { Inputs = [], Parameters = new Dictionary<string, string> { [InferParameters.Timeout] = "0" } };

        Assert.Empty(InferParameters.SolveOf(request, SolveParameter.All));
    }
}
