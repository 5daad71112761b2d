using System.Diagnostics;
using Deq.Export.Architectures;
using Deq.Export.Gradients;
using Deq.Export.Onnx;
using Deq.Export.Recipes;
using Deq.Export.Solving;
using Deq.Export.Training;
using Deq.Runtime.FixedPoints;
using static TorchSharp.torch;

namespace Deq.Benchmarks;

/// <summary>What a backward pass costs in time and memory on a trained cell, everything but the estimator being the same.</summary>
internal sealed class GradientCosts : IDisposable
{
    private const int Rounds = 3;

    private readonly TrainingRecipe _recipe;
    private readonly ModelParameters _parameters;
    private readonly EquilibriumNetwork _network;
    private readonly Tensor _images;
    private readonly Tensor _labels;
    private readonly string _bundle;

    /// <summary>Reads a bundle; the inputs are seeded noise with the mean and deviation that its input is normalised to.</summary>
    public GradientCosts(string bundle, int rows)
    {
        _bundle = bundle;
        set_num_threads(1);
        _recipe = TrainingRecipe.Read(Path.Combine(bundle, "recipe.json"));
        ModelGraphs graphs = ArchitectureCatalogue.Build(_recipe.Architecture, _recipe.Input, classes: 10);
        _network = new EquilibriumNetwork(graphs);
        _parameters = new ModelParameters(graphs.Weights, _recipe.Seed);
        using var random = new Generator(1);
        _images = randn([rows, _recipe.Input.Channels, _recipe.Input.Height, _recipe.Input.Width], generator: random).DetachFromDisposeScope();
        _labels = randint(10, [rows], generator: random).to(ScalarType.Int64).DetachFromDisposeScope();
    }

    /// <summary>Medians over rounds in which the estimators take turns. Processor time, so that a busy machine does not count.</summary>
    public IReadOnlyList<Cost> Times()
    {
        (string Name, GradientRecipe Gradient, string Solver)[] estimators =
        [
            ("implicit by anderson", new() { Kind = "implicit", MaxEvaluations = 18 }, "anderson"),
            ("implicit by broyden", new() { Kind = "implicit", Method = "broyden", MaxEvaluations = 18 }, "anderson"),
            ("implicit by picard", new() { Kind = "implicit", Method = "picard", MaxEvaluations = 18 }, "anderson"),
            ("phantom-neumann, k = 5", new() { Kind = "phantom-neumann" }, "anderson"),
            ("phantom-unrolled, k = 5", new() { Kind = "phantom-unrolled" }, "anderson"),
            ("one-step", new() { Kind = "one-step" }, "anderson"),
            ("shine", new() { Kind = "shine" }, "broyden"),
            ("shine, 5 refinements", new() { Kind = "shine", Refinements = 5 }, "broyden"),
        ];
        List<Cost> all = [];
        for (int round = -1; round < Rounds; round++)
        {
            foreach ((string name, GradientRecipe gradient, string solver) in estimators)
            {
                Cost cost = Measure(name, gradient, new SolverRecipe { Method = solver, Tolerance = 1e-3, MaxEvaluations = 18 });
                if (round >= 0)
                {
                    all.Add(cost);
                }
            }
        }

        return [.. all.GroupBy(cost => cost.Name).Select(rounds => rounds.First() with
        {
            Forward = Median(rounds.Select(cost => cost.Forward)),
            Backward = Median(rounds.Select(cost => cost.Backward)),
        })];
    }

    /// <summary>Peak resident memory above what was there before one pass, as forward evaluations grow.</summary>
    public Memory MemoryOf(string kind, int evaluations)
    {
        var gradient = new GradientRecipe { Kind = kind, MaxEvaluations = evaluations, Tolerance = 1e-30 };
        var solver = new SolverRecipe { Method = "picard", Tolerance = 1e-30, MaxEvaluations = evaluations };
        long before = Environment.WorkingSet;
        Measure(kind, gradient, solver);
        return new Memory(kind, evaluations, (PeakWorkingSet() - before) / 1048576.0);
    }

    public void Dispose()
    {
        _images.Dispose();
        _labels.Dispose();
        _parameters.Dispose();
    }

    private Cost Measure(string name, GradientRecipe gradient, SolverRecipe forward)
    {
        using IDisposable scope = NewDisposeScope();
        BoundNetwork bound = _network.Bind(Trained());
        Tensor x = bound.Encode(_images);
        Tensor start = zeros(x.shape[0], _network.Graphs.StateWidth);
        using TorchSolver solver = ForwardSolver.Make(
            forward, gradient, (int)x.shape[0], _network.Graphs.StateWidth, (z, companions) => bound.Evaluate(z, companions[0]));
        using IGradientEstimator estimator = GradientCatalogue.Make(gradient, forward);
        TimeSpan began = Environment.CpuUsage.TotalTime;
        TorchSolution solution = solver.Solve(start, RowGrant.Of(forward.Tolerance, forward.MaxEvaluations), x);
        TimeSpan solved = Environment.CpuUsage.TotalTime;
        GradientPass pass = estimator.Attach(z => bound.Evaluate(z, x), solution);
        TimeSpan attached = Environment.CpuUsage.TotalTime;
        Tensor loss = nn.functional.cross_entropy(bound.Decode(pass.State), _labels);
        TimeSpan decoded = Environment.CpuUsage.TotalTime;
        autograd.backward(loss, retain_graph: pass.CompletesGradient);
        BackwardReport report = pass.Complete();
        TimeSpan backward = Environment.CpuUsage.TotalTime - decoded + (attached - solved);
        return new Cost(name, solution.Statistics.MeanEvaluations, (solved - began).TotalMilliseconds, report.Evaluations, backward.TotalMilliseconds);
    }

    /// <summary>The bundle's weights as leaves.</summary>
    private Dictionary<string, Tensor> Trained()
    {
        Dictionary<string, Tensor> weights = [];
        foreach (string file in (string[])["encode.onnx", "cell.onnx", "decode.onnx"])
        {
            foreach ((string name, float[] values) in OnnxWeights.Read(File.ReadAllBytes(Path.Combine(_bundle, file))))
            {
                if (_network.Graphs.Weights.FirstOrDefault(weight => weight.Name == name) is { } weight)
                {
                    weights[name] = tensor(values, [.. weight.Extents.Select(extent => (long)extent)]).requires_grad_();
                }
            }
        }

        return weights;
    }

    private static long PeakWorkingSet()
    {
        using var process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64;
    }

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }
}

/// <summary>Time of one pass.</summary>
/// <param name="Name">The estimator.</param>
/// <param name="ForwardEvaluations">Mean per row.</param>
/// <param name="Forward">Processor milliseconds of the solve.</param>
/// <param name="BackwardEvaluations">Mean per row.</param>
/// <param name="Backward">Processor milliseconds from the solution to the gradients, the recorded evaluations counted and the decoder's pass forward not.</param>
internal sealed record Cost(string Name, double ForwardEvaluations, double Forward, double BackwardEvaluations, double Backward);

/// <summary>Peak memory of one pass.</summary>
internal sealed record Memory(string Kind, int Evaluations, double Mebibytes);
