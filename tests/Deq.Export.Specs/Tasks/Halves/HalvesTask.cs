using Deq.Export.Bundling;
using Deq.Export.Evaluation;
using Deq.Export.Graphs;
using Deq.Export.Recipes;
using Deq.Export.Tasks;
using Deq.Export.Training;
using Deq.Export.Verification;
using Deq.Runtime.Bundles;
using Deq.Runtime.Models;
using Deq.Runtime.Onnx;
using Deq.Runtime.Tasks.Classification;

namespace Deq.Export.Specs.Tasks.Halves;

/// <summary>A third task, as small as one can be: which half of a picture of 4 × 4 pixels is the lighter one. It needs this folder and a line in a catalogue.</summary>
internal sealed class HalvesTask : ITrainedTask
{
    /// <summary>Bundles of it are served as classifiers, which the runtime knows.</summary>
    public string Name => ClassificationTask.Id;

    public ITrainingRun Begin(string recipe, TrainingPlace place) => new HalvesRun(Read(recipe), place.Device);

    public BundleParts Parts(string recipe, TrainingProgress progress)
    {
        var input = new ImageInput { Channels = 1, Height = 4, Width = 4, Mean = [0.5], Deviation = [0.5], Resize = "fit" };
        var defaults = new SolveDefaults { Solver = "anderson", Tolerance = 0.01, MaxEvaluations = 8, EvaluationsLimit = 16, ToleranceLimit = 1e-4 };
        return new BundleParts
        {
            Manifest = BundleParts.Described("halves", "1.0.0", Name, "The lighter half.", input, defaults) with { Labels = progress.OutputNames },
            Graphs = Graphs(),
            Seed = Read(recipe).Seed,
            Trained = ("steps", $"{progress.Step}"),
            Panels = HalvesRun.Panels,
            Card = new CardText
            {
                Facts = ["**Task**: which half is lighter."],
                Training = "Its pictures were drawn.",
                TrainCommand = "train models/halves/recipe.json",
                Curves = "loss by step",
                Limits = "It knows halves alone.",
            },
        };
    }

    public VerifiedModel Verified(ModelBundle bundle, VerifiedSamples samples) => new()
    {
        Graphs = Graphs(),
        Evaluations = 3,
        Inputs = [new("random", bundle.Model, [1, 1, 4, 4], VerifiedInputs.Noise(samples.Count, bundle.Model.InputLength, samples.Seed))],
    };

    public EvaluationPage Evaluate(ModelBundle bundle, EvaluationRequest request)
    {
        using OnnxLane lane = bundle.Model.OpenLane(capacity: 1);
        float[] output = new float[bundle.Model.OutputLength];
        lane.Encode(new float[bundle.Model.InputLength], 0);
        int slot = lane.Space.Allocate(1);
        lane.Decode(slot, 0, output);
        string sentence = $"{bundle.Manifest.Name}: {output.Length} numbers.";
        return new EvaluationPage
        {
            Sentence = sentence,
            Markdown = sentence,
            Numbers = output,
            Quality = new Dictionary<string, double> { ["numbers"] = output.Length },
            Card = sentence,
        };
    }

    public static ModelGraphs Graphs()
    {
        var image = new Input("image", "B", 1, 4, 4);
        var encoder = new Graph("encoder", [image], [("x", new Layers("encoder", groups: 1).Convolution(image, "in", 1, 2, kernel: 3))]);
        var (z, x) = (new Input("z", "B", 32), new Input("x", "B", 2, 4, 4));
        Node inner = new Layers("cell", groups: 1).Convolution(z.Reshape("B", 2, 4, 4), "mix", 2, 2, kernel: 3) * 0.1f;
        var cell = new Graph("cell", [z, x], [("fz", (inner + x).Tanh().Reshape("B", 32))]);
        var state = new Input("z", "B", 32);
        return new ModelGraphs(encoder, cell, new Graph("decoder", [state], [("logits", new Layers("decoder", groups: 1).Linear(state, "out", 32, 2))]));
    }

    private static EquilibriumRecipe Read(string path) => RecipeFile.Read(
        path,
        file =>
        {
            SharedSections.Name(file);
            var read = new EquilibriumRecipe
            {
                Seed = file.Whole("seed", 0, 0, 100),
                Solver = SharedSections.Solver(file.OptionalSection("solver")),
                Gradient = SharedSections.Gradient(file.OptionalSection("gradient")),
                JacobianRegularization = null,
                Correction = null,
                Training = SharedSections.Loop(file.RequiredSection("training")),
            };
            return SharedSections.Finish(file, read);
        },
        (_, _) => { });
}
