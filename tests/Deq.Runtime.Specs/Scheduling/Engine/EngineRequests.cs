using Deq.Runtime.FixedPoints;
using Deq.Runtime.Scheduling.Engine;
using Deq.Runtime.Scheduling.Queue;

namespace Deq.Runtime.Specs.Scheduling.Engine;

/// <summary>Short ways to ask an engine.</summary>
internal static class EngineRequests
{
    public static InferenceRequest<float[]> Request(params float[] input) => new()
    {
        Input = numbers => input.CopyTo(numbers),
        Output = numbers => numbers.ToArray(),
        Method = FixedPointMethods.Find("picard")!,
        Tolerance = new Tolerance { Relative = 1e-4 },
        Budget = new Budget { Evaluations = 100 },
    };

    public static Task<InferenceAnswer<float[]>> Ask(this InferenceEngine engine, InferenceRequest<float[]> request)
    {
        Assert.Equal(Admission.Accepted, engine.Submit([request], out IReadOnlyList<Task<InferenceAnswer<float[]>>> answers).Outcome);
        return Assert.Single(answers).WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
    }
}
