using System.Diagnostics;
using Deq.Export.Gradients;
using Deq.Export.Graphs;
using Deq.Export.Graphs.Onnx;
using Deq.Export.Recipes;
using Deq.Export.Solving;
using Deq.Export.Tasks.Classification;
using Deq.Export.Tasks.Classification.Recipes;
using Deq.Export.Training;
using Deq.Runtime.FixedPoints;
using static TorchSharp.torch;

namespace Deq.Benchmarks;

/// <summary>What a backward pass costs in time and memory on a trained cell, everything but the estimator being the same.</summary>
internal sealed class GradientCosts : IDisposable
{
    private const int Rounds = 5;
    private static readonly SolverRecipe Anderson = new() { Method = "anderson", Tolerance = 1e-3, MaxEvaluations = 18 };
    private static readonly SolverRecipe Broyden = Anderson with { Method = "broyden" };

    /// <summary>The first is what the others are compared with.</summary>
    private static readonly Estimator[] Estimators =
    [
        new("implicit by anderson", new() { Kind = "implicit", MaxEvaluations = 18 }, Anderson),
        new("implicit by broyden", new() { Kind = "implicit", Method = "broyden", MaxEvaluations = 18 }, Anderson),
        new("implicit by picard", new() { Kind = "implicit", Method = "picard", MaxEvaluations = 18 }, Anderson),
        new("phantom-neumann, k = 5", new() { Kind = "phantom-neumann" }, Anderson),
        new("phantom-unrolled, k = 5", new() { Kind = "phantom-unrolled" }, Anderson),
        new("one-step", new() { Kind = "one-step" }, Anderson),
        new("shine", new() { Kind = "shine" }, Broyden),
        new("shine, 5 refinements", new() { Kind = "shine", Refinements = 5 }, Broyden),
        new("shine, adjoint Broyden", new() { Kind = "shine", Inverse = "adjoint-broyden" }, Broyden),
        new("shine, adjoint Broyden, OPA every 5", new() { Kind = "shine", Inverse = "adjoint-broyden", OpaEvery = 5 }, Broyden),
    ];

    private readonly ClassifierRecipe _recipe;
    private readonly ModelParameters _parameters;
    private readonly EquilibriumNetwork _network;
    private readonly Tensor _images;
    private readonly Tensor _labels;
    private readonly string _bundle;
    private readonly Dictionary<Estimator, (TorchSolver Solver, IGradientEstimator Gradient)> _allocated = [];
    private BoundNetwork? _bound;

    /// <summary>Reads a bundle; the inputs are seeded noise with the mean and deviation that its input is normalised to.</summary>
    public GradientCosts(string bundle, int rows)
    {
        _bundle = bundle;
        set_num_threads(1);
        _recipe = ClassifierRecipe.Read(Path.Combine(bundle, "recipe.json"));
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
        List<Cost> all = [];
        for (int round = -1; round < Rounds; round++)
        {
            foreach (Estimator estimator in Estimators)
            {
                Cost cost = Measure(estimator);
                if (round >= 0)
                {
                    all.Add(cost);
                }
            }
        }

        return [.. all.GroupBy(cost => cost.Name).Select(rounds => rounds.First() with
        {
            Forward = Median(rounds.Select(cost => cost.Forward)),
            Equilibrium = Median(rounds.Select(cost => cost.Equilibrium)),
            Decoder = Median(rounds.Select(cost => cost.Decoder)),
            Encoder = Median(rounds.Select(cost => cost.Encoder)),
            Whole = Median(rounds.Select(cost => cost.Whole)),
        })];
    }

    /// <summary>Peak resident memory above what was there before one pass, as forward evaluations grow.</summary>
    public Memory MemoryOf(string kind, int evaluations)
    {
        int steps = kind == "phantom-neumann" ? evaluations : 5;
        var gradient = new GradientRecipe { Kind = kind, MaxEvaluations = evaluations, Tolerance = 1e-30, Steps = steps };
        var solver = new SolverRecipe { Method = "picard", Tolerance = 1e-30, MaxEvaluations = evaluations };
        long before = Environment.WorkingSet;
        Measure(new Estimator(kind, gradient, solver));
        return new Memory(kind, evaluations, (PeakWorkingSet() - before) / 1048576.0);
    }

    public void Dispose()
    {
        foreach ((TorchSolver solver, IGradientEstimator gradient) in _allocated.Values)
        {
            gradient.Dispose();
            solver.Dispose();
        }

        _images.Dispose();
        _labels.Dispose();
        _parameters.Dispose();
    }

    /// <summary>One pass, cut at x and at what the decoder sees, so that the three parts are differentiated one after the other.</summary>
    private Cost Measure(Estimator estimator)
    {
        using IDisposable scope = NewDisposeScope();
        (string name, GradientRecipe gradient, SolverRecipe forward) = estimator;
        BoundNetwork bound = _bound = _network.Bind(Trained());
        Tensor encoded = bound.Encode(_images)[0];
        Tensor x = encoded.detach().requires_grad_();
        Tensor start = zeros(x.shape[0], _network.Graphs.StateWidth);
        (TorchSolver solver, IGradientEstimator estimates) = Allocated(estimator);
        TimeSpan began = Environment.CpuUsage.TotalTime;
        TorchSolution solution = solver.Solve(start, RowGrant.Of(forward.Tolerance, forward.MaxEvaluations), x);
        TimeSpan solved = Environment.CpuUsage.TotalTime;
        if (!double.IsFinite(solution.Statistics.MeanResidual))
        {
            throw new InvalidDataException($"No state of {name} is finite: its times would say nothing.");
        }

        TimeSpan checkedAt = Environment.CpuUsage.TotalTime;
        GradientPass pass = estimates.Attach(z => bound.Evaluate(z, x), solution);
        TimeSpan attached = Environment.CpuUsage.TotalTime;
        Tensor seen = pass.State.detach().requires_grad_();
        Tensor loss = nn.functional.cross_entropy(bound.Decode(seen), _labels);
        TimeSpan decoded = Environment.CpuUsage.TotalTime;
        autograd.backward(loss);
        TimeSpan begun = Environment.CpuUsage.TotalTime;
        autograd.backward(pass.State, seen.grad!);
        BackwardReport report = pass.Complete();
        TimeSpan completed = Environment.CpuUsage.TotalTime;
        autograd.backward(encoded, x.grad!);
        TimeSpan ended = Environment.CpuUsage.TotalTime;
        TimeSpan equilibrium = attached - checkedAt + (completed - begun);
        return new Cost(
            name,
            solution.Statistics.MeanEvaluations,
            solution.MeanProducts,
            (solved - began).TotalMilliseconds,
            report.Evaluations,
            equilibrium.TotalMilliseconds,
            (begun - decoded).TotalMilliseconds,
            (ended - completed).TotalMilliseconds,
            (equilibrium + (begun - decoded) + (ended - completed)).TotalMilliseconds);
    }

    /// <summary>Solver and estimator, allocated once, as in training.</summary>
    private (TorchSolver Solver, IGradientEstimator Gradient) Allocated(Estimator estimator)
    {
        if (!_allocated.TryGetValue(estimator, out (TorchSolver, IGradientEstimator) both))
        {
            TorchSolver solver = ForwardSolver.Make(
                estimator.Solver,
                estimator.Gradient,
                (int)_images.shape[0],
                _network.Graphs.StateWidth,
                (z, sideInputs) => _bound!.Evaluate(z, sideInputs[0]),
                outerGradient: OuterGradient);
            _allocated.Add(estimator, both = (solver, GradientCatalogue.Make(estimator.Gradient, estimator.Solver)));
        }

        return both;
    }

    private Tensor OuterGradient(Tensor z, Tensor rows)
    {
        Tensor leaf = z.requires_grad_();
        return autograd.grad([nn.functional.cross_entropy(_bound!.Decode(leaf), _labels.index_select(0, rows))], [leaf])[0];
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

/// <summary>What is measured: an estimator and the forward solve before it.</summary>
internal sealed record Estimator(string Name, GradientRecipe Gradient, SolverRecipe Solver);

/// <summary>Processor milliseconds of one pass.</summary>
/// <param name="Name">The estimator.</param>
/// <param name="ForwardEvaluations">Mean per row.</param>
/// <param name="ForwardProducts">Vector–Jacobian products of the solve, mean per row.</param>
/// <param name="Forward">The solve, and the keeping of its inverse where one is kept.</param>
/// <param name="BackwardEvaluations">Vector–Jacobian products backward, mean per row.</param>
/// <param name="Equilibrium">From z* and ∂L/∂z* to the gradients by the cell's weights and x; evaluations that are recorded for it included.</param>
/// <param name="Decoder">From the loss to ∂L/∂z* and the decoder's weights.</param>
/// <param name="Encoder">From ∂L/∂x to the encoder's weights.</param>
/// <param name="Whole">The three together.</param>
internal sealed record Cost(
    string Name,
    double ForwardEvaluations,
    double ForwardProducts,
    double Forward,
    double BackwardEvaluations,
    double Equilibrium,
    double Decoder,
    double Encoder,
    double Whole);

/// <summary>Peak memory of one pass.</summary>
internal sealed record Memory(string Kind, int Evaluations, double Mebibytes);
