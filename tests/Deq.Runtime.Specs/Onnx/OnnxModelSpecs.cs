using Deq.Runtime.Bundles;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Models;
using Deq.Runtime.Onnx;
using Deq.Testing.Bundles;

namespace Deq.Runtime.Specs.Onnx;

public sealed class OnnxModelSpecs : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Accounts_for_the_states_of_every_method_that_a_request_may_name()
    {
        using var bundle = ModelBundle.Open(TinyBundle.Write(_folder["tiny"]), new());

        long[] states = [.. FixedPointMethods.All.Select(method =>
        {
            using OnnxLane lane = bundle.Model.OpenLane(1);
            _ = new RunningBatch(lane.Space, lane, method, TimeProvider.System);
            return lane.Space.Bytes / (TinyBundle.StateWidth * sizeof(float));
        })];

        Assert.Equal(states.Max(), new ModelContract { Input = "image", CellInjections = ["x"], Output = "logits" }.StatesPerRow);
    }

    [Theory]
    [InlineData("anderson", 32)]
    [InlineData("anderson", 1)]
    [InlineData("broyden", 64)]
    public void Accounts_for_the_states_that_the_memory_of_its_solver_takes(string solver, int memory)
    {
        string usual = TinyBundle.Write(_folder["usual"], new() { Solver = "picard" });
        string large = TinyBundle.Write(_folder["large"], new() { Solver = solver });
        BundleCorruption.EditManifest(large, manifest => manifest["defaults"]!["memory"] = memory);

        using var one = ModelBundle.Open(usual, new());
        using var other = ModelBundle.Open(large, new());
        using OnnxLane lane = other.Model.OpenLane(1);
        SolveDefaults defaults = other.Manifest.Defaults;
        _ = new RunningBatch(lane.Space, lane, defaults.Method(solver), TimeProvider.System);

        long states = lane.Space.Bytes / (TinyBundle.StateWidth * sizeof(float));
        Assert.Equal(states, defaults.StatesPerRow);
        Assert.Equal(2 * Math.Max(0, states - 19) * TinyBundle.StateWidth * sizeof(float), other.Model.BytesOf(2) - one.Model.BytesOf(2));
    }
}
