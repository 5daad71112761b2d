using Deq.Export.Datasets;
using Deq.Export.Tasks.Flow.Datasets;
using Deq.Runtime.Bundles;
using Deq.Runtime.Models;

namespace Deq.Export.Tasks.Flow.Evaluation;

/// <summary>The pairs of several directories that a flow model is measured on, one after the other.</summary>
internal sealed record MeasuredPairs
{
    /// <summary>Data sets in known layouts.</summary>
    public required IReadOnlyList<DirectoryInfo> Directories { get; init; }

    /// <summary>The most pairs of each; null takes all.</summary>
    public int? Most { get; init; }

    /// <summary>Where truth and estimates are drawn; null draws none.</summary>
    public FlowPictures? Pictures { get; init; }

    /// <summary>Measures a model beside zero flow and Farnebäck's method.</summary>
    /// <param name="bundle">A flow model.</param>
    /// <param name="defaults">Solver, tolerance and budget.</param>
    /// <param name="threads">Threads that share one run of a graph.</param>
    /// <param name="measured">Called after each pair.</param>
    /// <exception cref="DatasetException">A directory has no pairs, a file of one is faulty, or the model takes no frames of its size.</exception>
    public FlowReport Measure(ModelBundle bundle, SolveDefaults defaults, int threads, Action<FlowPairReport> measured)
    {
        // All are opened and read first, so that a wrong name or frame is found before hours of work.
        (string Name, FlowDataset Pairs)[] datasets = [.. Directories.Select(directory => (directory.Name, FlowDataset.Open(directory.FullName)))];
        foreach ((_, FlowDataset pairs) in datasets)
        {
            pairs.RequireMeasurable(Math.Min(pairs.Count, Most ?? pairs.Count), bundle.Manifest.Input);
        }

        using var evaluation = new FlowPairEvaluation(bundle, defaults, [new ZeroFlow(), new FarnebackFlow()], threads);
        List<FlowPairReport> reports = [];
        foreach ((string name, FlowDataset pairs) in datasets)
        {
            for (int index = 0; index < Math.Min(pairs.Count, Most ?? pairs.Count); index++)
            {
                FlowPair pair = pairs.Read(index);
                Pictures?.Draw(pair.Name, "truth", pair.Truth, pair.Truth);
                reports.Add(evaluation.Measure(name, pair, (estimator, flow) => Pictures?.Draw(pair.Name, estimator, flow, pair.Truth)));
                measured(reports[^1]);
            }
        }

        return new FlowReport
        {
            Model = bundle.Manifest.Name,
            Solver = defaults.Solver,
            Tolerance = defaults.Tolerance,
            MaxEvaluations = defaults.MaxEvaluations,
            Pairs = reports,
        };
    }
}
