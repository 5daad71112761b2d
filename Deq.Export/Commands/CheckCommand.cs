using System.CommandLine;
using Deq.Export.CommandLine;
using Deq.Export.Verification;
using Deq.Runtime.Bundles;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Onnx;
using Spectre.Console;

namespace Deq.Export.Commands;

/// <summary><c>check &lt;bundle&gt; [--reference r.npz]</c>: opens a bundle without a server, measures it, and compares it with the model's own program.</summary>
internal static class CheckCommand
{
    /// <summary>Operators that move or combine single numbers; where these take the time, a graph is written in too small steps.</summary>
    private static readonly string[] s_elementwise = ["Add", "Sub", "Mul", "Div", "Cast", "Concat", "Gather", "Transpose", "Expand", "Slice", "Unsqueeze", "Reshape", "Where"];

    private const double ElementwiseShare = 0.5;

    /// <summary>Below this the profiler's own cost per node is what it shows, milliseconds per evaluation.</summary>
    private const double WorthJoining = 1;
    private const int ShownOperators = 6;
    private const int Seed = 1;

    /// <summary>Makes the command.</summary>
    public static Command Make()
    {
        Argument<DirectoryInfo> bundle = SharedOptions.Bundle();
        Option<FileInfo?> reference = SharedOptions.Reference();
        Option<double> bound = SharedOptions.Bound();
        var count = new Option<int>("--inputs") { Description = "Random inputs where there is no reference. Default 4.", DefaultValueFactory = _ => 4 };
        count.Require(inputs => inputs >= 1, "--inputs is at least 1.");
        var command = new Command("check", "Opens a bundle offline, measures convergence and cost, and compares it with the model's own program; ends with 0 where all is well.")
        {
            bundle, reference, bound, count,
        };
        command.SetAction(result => Run(
            result.GetRequiredValue(bundle), result.GetValue(reference), result.GetValue(bound), result.GetValue(count), AnsiConsole.Profile.Out.Writer));
        return command;
    }

    /// <summary>Checks.</summary>
    /// <returns>0 where the bundle opens, no solve diverges, and nothing differs from the reference; else 1.</returns>
    public static int Run(DirectoryInfo directory, FileInfo? reference, double bound, int count, TextWriter output)
    {
        using ModelBundle bundle = ModelBundle.Open(directory.FullName, new ExecutionOptions());
        BundleReference? compared = reference is null ? null : new BundleReference(reference, bundle);
        OnnxModel model = compared?.Model ?? bundle.Model;
        var check = new BundleCheck(bundle, model, compared?.Values ?? VerifiedInputs.Noise(count, model.InputLength, Seed), TimeProvider.System);
        output.WriteLine($"{bundle.Manifest.Name} {bundle.Manifest.Version} opens: {bundle.Manifest.Task}, state of {model.StateWidth} numbers.");
        bool staysFinite = Convergence(bundle, check, output);
        Costs(check, output);
        bool agrees = compared is null || compared.Agrees(bound, output);
        return staysFinite && agrees ? 0 : 1;
    }

    private static bool Convergence(ModelBundle bundle, BundleCheck check, TextWriter output)
    {
        IReadOnlyList<RowSolution> solved = check.Solve();
        int converged = solved.Count(solution => solution.Converged);
        int[] spent = [.. solved.Select(solution => solution.Evaluations).Order()];
        double worst = solved.Max(solution => solution.Residual);
        output.WriteLine($"{bundle.Manifest.Defaults.Solver}: {converged} of {solved.Count} inputs converged to {bundle.Manifest.Defaults.Tolerance:G3}, in {spent[0]} to {spent[^1]} evaluations; "
            + $"largest residual {worst:G3}.");
        double radius = check.SpectralRadius();
        output.WriteLine($"Spectral radius of the cell where the first solve ended: {radius:F3}. "
            + (radius < 1 ? "Below 1: plain iteration converges near it." : "Not below 1: plain iteration does not converge there; Anderson or Broyden may."));
        int diverged = solved.Count(solution => solution.Stop == StopReason.Diverged);
        if (diverged > 0)
        {
            output.WriteLine($"{diverged} of {solved.Count} solves diverged: the cell gives NaN or infinite values on the way; bound its output, or train with a penalty on the Jacobian.");
        }
        else if (converged < solved.Count)
        {
            output.WriteLine("Some solves do not converge by default: raise defaults.maxEvaluations or tolerance, or train with a penalty on the Jacobian.");
        }

        return diverged == 0 && solved.All(solution => double.IsFinite(solution.Residual));
    }

    private static void Costs(BundleCheck check, TextWriter output)
    {
        (double milliseconds, long bytes) = check.Cost();
        output.WriteLine($"An evaluation takes {milliseconds:G3} ms on one thread; a row holds {bytes / 1024.0:F0} KiB.");
        IReadOnlyList<OperatorCost> operators = check.Operators();
        foreach (OperatorCost cost in operators.Take(ShownOperators))
        {
            output.WriteLine($"  {cost.Operator} ({cost.Nodes}): {cost.Milliseconds:G3} ms, {cost.Share:P0}");
        }

        OperatorCost[] elementwise = [.. operators.Where(cost => s_elementwise.Contains(cost.Operator))];
        double small = elementwise.Sum(cost => cost.Share);
        if (small > ElementwiseShare && elementwise.Sum(cost => cost.Milliseconds) > WorthJoining)
        {
            output.WriteLine($"{small:P0} of the cell is arithmetic and moves of single numbers. Short inner axes, such as [n, 9, 9, 1], make these slow: "
                + "put the long axis last and join steps; see docs/from-pytorch.md, \"When the cell is slow\".");
        }
    }
}
