using Deq.Runtime.Bundles;
using Deq.Runtime.Models;
using Deq.Runtime.Onnx;
using Deq.Runtime.Tasks;
using Deq.Testing.Bundles;

namespace Deq.Runtime.Specs.Bundles;

public sealed class GraphOpeningSpecs : IDisposable
{
    /// <summary>Minutes of sines, each short: a run ends between two nodes.</summary>
    private static readonly byte[] s_minutes = CostlyGraphs.ConstantCell(side: 4096, sines: 5000);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("constants")]
    [InlineData("a loop")]
    public void Ends_a_graph_before_it_is_loaded_as_it_would_be_served(string kind)
    {
        byte[] cell = kind == "constants" ? s_minutes : EndlessGraph.Cell();
        ModelManifest manifest = new TinyBundle().Write(_folder["tiny"]);
        Dictionary<string, byte[]> contents = manifest.Parts.Values.ToDictionary(
            part => part.File, part => part.File == "cell.onnx" ? cell : File.ReadAllBytes(Path.Combine(_folder["tiny"], part.File)));
        List<string> faults = [];
        ModelContract? contract = ManifestRules.Check(manifest, ModelTasks.All, faults);

        OnnxModel? model = GraphOpening.Open(manifest, contract, contents, new(), faults, isTried: false, TimeSpan.FromSeconds(1));

        Assert.Null(model);
        string fault = Assert.Single(faults);
        Assert.StartsWith("The trial runs together took more than 1 s; cell.onnx was running after", fault, StringComparison.Ordinal);
    }

    [Fact]
    public void Runs_nothing_of_a_bundle_that_has_other_faults()
    {
        string folder = TinyBundle.Write(_folder["tiny"]);
        BundleCorruption.Replace(folder, "cell.onnx", s_minutes);
        File.WriteAllText(Path.Combine(folder, "notes.txt"), "");

        BundleException refusal = Assert.Throws<BundleException>(() => ModelBundle.Open(folder, new()));

        Assert.Contains("notes.txt is in the folder but not listed", Assert.Single(refusal.Faults), StringComparison.Ordinal);
    }

    [Fact]
    public void Opens_cells_with_constants_that_are_soon_computed()
    {
        string folder = TinyBundle.Write(_folder["tiny"]);
        foreach (byte[] cell in (byte[][])[CostlyGraphs.ConstantCell(side: 8, sines: 2), CostlyGraphs.ShapeCell()])
        {
            BundleCorruption.Replace(folder, "cell.onnx", cell);

            using var bundle = ModelBundle.Open(folder, new());

            Assert.Equal(TinyBundle.StateWidth, bundle.Model.StateWidth);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Closes_a_model_with_its_device_where_its_trial_finds_a_fault_or_fails(bool isFailure)
    {
        using var bundle = ModelBundle.Open(TinyBundle.Write(_folder["tiny"]), new());
        List<string> faults = [];

        Exception? failure = Record.Exception(() => Assert.Null(GraphOpening.Kept(bundle.Model, faults, model =>
        {
            using OnnxDeviceLane lane = model.OpenDeviceLane(capacity: 1);
            faults.Add("It gives no numbers.");
            if (isFailure)
            {
                throw new InvalidOperationException("There is no room.");
            }
        })));

        Assert.Equal(isFailure ? "There is no room." : null, failure?.Message);
        Assert.True(bundle.Model.IsClosed);
    }

    [Fact]
    public void Keeps_a_model_open_whose_trial_finds_nothing()
    {
        using var bundle = ModelBundle.Open(TinyBundle.Write(_folder["tiny"]), new());

        Assert.Same(bundle.Model, GraphOpening.Kept(bundle.Model, [], _ => { }));
        Assert.False(bundle.Model.IsClosed);
    }

    [Fact]
    public void Runs_a_graph_however_ONNX_Runtime_may_change_it()
    {
        foreach (GraphChanges changes in Enum.GetValues<GraphChanges>())
        {
            using var graph = new OnnxGraph(CostlyGraphs.ConstantCell(side: 8, sines: 2), new(), changes);

            Assert.Null(Record.Exception(() => graph.RunOnZeros(2, default, TestContext.Current.CancellationToken)));
        }
    }
}
