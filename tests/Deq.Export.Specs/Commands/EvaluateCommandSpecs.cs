using System.CommandLine;
using System.Text.Json;
using Deq.Export.CommandLine;
using Deq.Export.Commands;
using Deq.Export.Evaluation;
using Deq.Export.Specs.Packing;
using Deq.Export.Specs.Tasks.Classification;
using Deq.Export.Specs.Tasks.Classification.Datasets;
using Deq.Export.Specs.Tasks.Flow.Evaluation;
using Deq.Export.Specs.Verification;
using Deq.Export.Tasks;
using Deq.Export.Verification;
using Deq.Runtime.Bundles;
using Deq.Runtime.Onnx;
using Deq.Testing.Bundles;
using SkiaSharp;
using TemporaryFolder = Deq.Export.Specs.Fixtures.TemporaryFolder;

namespace Deq.Export.Specs.Commands;

/// <summary>What <c>evaluate</c> measures of bundles without a recipe; those with one are in <see cref="Tasks.EveryTaskSpecs"/>.</summary>
public sealed class EvaluateCommandSpecs : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(0f)]
    [InlineData(0.5f)]
    public void Measures_a_tensor_model_beside_the_answers_of_its_own_program(float error)
    {
        ForeignTiny.Pack(_folder, ForeignTiny.Cell(), "--task", "tensor");
        float[] outputs = Outputs();
        outputs[2] += error;
        NumpyFile.Write(_folder.File("reference.npz"), ("inputs", [2, 1, 4, 4], ForeignTiny.Inputs), ("outputs", [2, 4], outputs));

        Evaluate("--reference", _folder.File("reference.npz"), "--json", _folder.File("page.json"), "--markdown", _folder.File("page.md"), "--tolerance", "1e-5");

        using JsonDocument page = JsonDocument.Parse(File.ReadAllText(_folder.File("page.json")));
        Assert.Equal(error, page.RootElement.GetProperty("largestDifference").GetDouble(), 1e-3);
        Assert.Equal(1, page.RootElement.GetProperty("convergedShare").GetDouble());
        Assert.InRange(page.RootElement.GetProperty("meanEvaluations").GetDouble(), 2, 50);
        Assert.Equal(2, page.RootElement.GetProperty("inputs").GetArrayLength());
        Assert.Contains("| 2 |", File.ReadAllText(_folder.File("page.md")), StringComparison.Ordinal);
    }

    [Fact]
    public void Says_what_a_tensor_model_can_be_measured_on()
    {
        ForeignTiny.Pack(_folder, ForeignTiny.Cell(), "--task", "tensor");
        NumpyFile.Write(_folder.File("reference.npz"), ("inputs", [2, 1, 4, 4], ForeignTiny.Inputs), ("z1", [2, ForeignTiny.Width], ForeignTiny.Inputs));

        CommandException none = Assert.Throws<CommandException>(() => Evaluate());
        CommandException data = Assert.Throws<CommandException>(() => Evaluate("--data", _folder.Path));
        CommandException both = Assert.Throws<CommandException>(() => Evaluate("--data", _folder.Path, "--reference", _folder.File("reference.npz")));
        InvalidDataException missing = Assert.Throws<InvalidDataException>(() => Evaluate("--reference", _folder.File("reference.npz")));

        Assert.All([none, data], refusal => Assert.Contains("by --reference r.npz", refusal.Message, StringComparison.Ordinal));
        Assert.Contains("give one of them", both.Message, StringComparison.Ordinal);
        Assert.Contains("no array 'outputs'", missing.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Measures_a_classifier_without_a_recipe_on_images()
    {
        ThreeShapes.WriteIdx(_folder, count: 60);
        foreach (string file in Directory.GetFiles(_folder.File("data"), "train-*"))
        {
            File.Copy(file, file.Replace("train-", "t10k-", StringComparison.Ordinal));
        }

        TinyBundle.Write(_folder.File("model"));

        Evaluate("--data", _folder.File("data"), "--json", _folder.File("page.json"));

        Assert.Contains("accuracy", File.ReadAllText(_folder.File("page.json")), StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("images")]
    [InlineData("images/val")]
    public void Measures_a_classifier_without_a_recipe_on_the_usual_validation_folder(string data)
    {
        TinyBundle.Write(_folder.File("model"));
        _folder.Write("images/val/circle/a.png", PictureFiles.Plain(SKColors.White));
        _folder.Write("images/val/star/a.png", PictureFiles.Plain(SKColors.Black));

        Evaluate("--data", _folder.File(data), "--json", _folder.File("page.json"));

        Assert.Contains("accuracy", File.ReadAllText(_folder.File("page.json")), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void Says_which_sizes_of_a_reference_a_flow_estimator_takes()
    {
        TinyFlowBundle.Write(_folder.File("model"));
        NumpyFile.Write(_folder.File("reference.npz"), ("inputs", [1, 6, 20, 32], new float[6 * 20 * 32]), ("outputs", [1, 2, 20, 32], new float[2 * 20 * 32]));

        InvalidDataException refusal = Assert.Throws<InvalidDataException>(() => Evaluate("--reference", _folder.File("reference.npz")));

        Assert.StartsWith("reference.npz: inputs is [1, 6, 20, 32]. Height and width of what the model takes are multiples of 16 pixels.", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Measures_a_flow_estimator_without_a_recipe_on_pairs()
    {
        TinyFlowBundle.Write(_folder.File("model"));

        Evaluate("--data", DrawnPairs.WriteMiddlebury(_folder.File("pairs"), DrawnPairs.Pair(1)), "--json", _folder.File("page.json"));

        Assert.Contains("endpointError", File.ReadAllText(_folder.File("page.json")), StringComparison.Ordinal);
    }

    [Fact]
    public void Measures_another_solver_than_the_bundle_s_without_the_options_of_that()
    {
        ForeignTiny.Pack(_folder, ForeignTiny.Cell(), "--task", "tensor", "--solver", "broyden", "--memory", "64");
        NumpyFile.Write(_folder.File("reference.npz"), ("inputs", [2, 1, 4, 4], ForeignTiny.Inputs), ("outputs", [2, 4], Outputs()));

        Evaluate("--reference", _folder.File("reference.npz"), "--json", _folder.File("page.json"), "--solver", "anderson");

        Assert.Contains("\"anderson\"", File.ReadAllText(_folder.File("page.json")), StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_answers_of_a_reference_that_are_not_finite()
    {
        ForeignTiny.Pack(_folder, ForeignTiny.Cell(), "--task", "tensor");
        float[] outputs = Outputs();
        outputs[2] = float.NaN;
        NumpyFile.Write(_folder.File("reference.npz"), ("inputs", [2, 1, 4, 4], ForeignTiny.Inputs), ("outputs", [2, 4], outputs));

        InvalidDataException refusal = Assert.Throws<InvalidDataException>(() => Evaluate("--reference", _folder.File("reference.npz")));

        Assert.StartsWith("reference.npz: outputs has NaN or infinite numbers", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Says_that_answers_which_are_not_finite_are_the_bundle_s_own()
    {
        byte[] decoder = ForeignTiny.Graph(
            [("s", ["n", "16"]), ("feat", ["n", "16"])],
            [("out", ["n", "16"])],
            ForeignTiny.Node("Asin", ["feat"], "angle"),
            ForeignTiny.Node("Sub", ["angle", "angle"], "nothing"),
            ForeignTiny.Node("Add", ["s", "nothing"], "out"));
        ForeignTiny.PackAll(_folder, ForeignTiny.Cell(), decoder, "--task", "tensor");
        float[] inputs = [.. ForeignTiny.Inputs];
        inputs[0] = 2;
        NumpyFile.Write(_folder.File("reference.npz"), ("inputs", [2, 1, 4, 4], inputs), ("outputs", [2, ForeignTiny.Width], new float[2 * ForeignTiny.Width]));
        using ModelBundle bundle = ModelBundle.Open(_folder.File("model"), new ExecutionOptions());
        List<string> lines = [];

        EvaluationPage page = ReferenceEvaluation.Measure(
            bundle,
            new FileInfo(_folder.File("reference.npz")),
            new EvaluationRequest { Data = [], Defaults = bundle.Manifest.Defaults, Threads = 1, Report = lines.Add, Clock = TimeProvider.System });

        Assert.EndsWith("; the bundle's own answer has NaN or infinite numbers", lines[0], StringComparison.Ordinal);
        Assert.DoesNotContain("infinite", lines[1], StringComparison.Ordinal);
        Assert.EndsWith(" Of 1 input the bundle's own answer has NaN or infinite numbers.", page.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void Keeps_what_is_no_number_as_the_largest_error()
    {
        ReferenceError[] errors = [new(double.NaN, double.NaN, 1, 0, false), new(0.5, 2, 1, 0, true)];
        var summary = new ReferenceSummary { Model = "tiny", Solver = "picard", Tolerance = 1e-3, MaxEvaluations = 1, Inputs = errors };

        Assert.Equal((double.NaN, double.NaN), (summary.LargestRelativeError, summary.LargestDifference));
    }

    /// <summary>What the decoder makes of the fixed points, in double precision.</summary>
    private static float[] Outputs()
    {
        double[] z = new double[2 * ForeignTiny.Width];
        for (int i = 0; i < 100; i++)
        {
            z = [.. z.Zip(ForeignTiny.Inputs, (state, x) => Math.Tanh((state / 2) + x))];
        }

        return
        [
            .. from row in Enumerable.Range(0, 2)
               from output in Enumerable.Range(0, 4)
               select (float)Enumerable.Range(0, ForeignTiny.Width).Sum(i => z[(row * ForeignTiny.Width) + i] * ((((i * 4) + output) % 7) - 3)),
        ];
    }

    private void Evaluate(params string[] options) => Assert.Equal(
        0,
        EvaluateCommand.Make(TrainedTasks.OfProgram).Parse([_folder.File("model"), "--threads", "1", .. options]).Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false }));
}
