using System.CommandLine;
using Deq.Export.Bundling;
using Deq.Export.CommandLine;
using Deq.Export.Tasks;
using Deq.Export.Verification;
using Deq.Runtime.Bundles;
using Deq.Runtime.Onnx;
using Spectre.Console;

namespace Deq.Export.Commands;

/// <summary>
/// <c>verify &lt;bundle&gt; [--data dir] [--inputs n] [--reference r.npz]</c>: Torch against ONNX Runtime where the bundle has the recipe that Torch needs; else what its
/// graphs prove by themselves.
/// </summary>
internal static class VerifyCommand
{
    private const int Seed = 1;
    private const int InputsOfRecipe = 20;
    private const int InputsOfProofs = 4;

    /// <summary>Makes the command.</summary>
    /// <param name="tasks">What can be compared with Torch.</param>
    public static Command Make(TrainedTasks tasks)
    {
        Argument<DirectoryInfo> bundle = SharedOptions.Bundle();
        var data = new Option<DirectoryInfo?>("--data") { Description = "Real inputs, for tasks that compare with Torch on them: a directory as train takes it." };
        var count = new Option<int?>("--inputs") { Description = "Inputs of each kind, random and real. Default 20; 4 of a bundle without a recipe, of which each is solved several times." };
        count.Require(inputs => inputs is null or >= 1, "--inputs is at least 1.");
        Option<FileInfo?> reference = SharedOptions.Reference();
        Option<double> bound = SharedOptions.Bound();
        var command = new Command("verify", "Compares Torch with ONNX Runtime, or proves of a bundle of foreign graphs what they show by themselves; ends with 0 where all holds.")
        {
            bundle, data, count, reference, bound,
        };
        command.SetAction(result => Run(tasks, new VerifyRequest
        {
            Bundle = result.GetRequiredValue(bundle),
            Data = result.GetValue(data),
            Inputs = result.GetValue(count),
            Reference = result.GetValue(reference),
            Bound = result.GetValue(bound),
        }, AnsiConsole.Profile.Out.Writer));
        return command;
    }

    /// <summary>Verifies.</summary>
    /// <returns>0 where nothing differs and everything that applies holds; else 1.</returns>
    public static int Run(TrainedTasks tasks, VerifyRequest request, TextWriter output)
    {
        using ModelBundle bundle = ModelBundle.Open(request.Bundle.FullName, new ExecutionOptions());
        BundleReference? reference = request.Reference is null ? null : new BundleReference(request.Reference, bundle);
        bool holds = File.Exists(Path.Combine(bundle.Directory, BundleFileNames.Recipe))
            ? CompareTorch(tasks, bundle, new VerifiedSamples(request.Data, request.Inputs ?? InputsOfRecipe, Seed), request.Bound, output)
            : Prove(bundle, reference, request, output);
        return reference?.Agrees(request.Bound, output) != false && holds ? 0 : 1;
    }

    private static bool CompareTorch(TrainedTasks tasks, ModelBundle bundle, VerifiedSamples samples, double bound, TextWriter output)
    {
        VerifiedModel model = tasks.Named(bundle.Manifest.Task).Verified(bundle, samples);
        using var verification = new BundleVerification(bundle, model);
        var table = new Table().Border(TableBorder.Markdown).AddColumns("inputs", "compared", "largest difference", "bound");
        double worst = 0;
        foreach (VerifiedInputs inputs in model.Inputs)
        {
            foreach (VerifiedPart part in verification.Run(inputs, Seed))
            {
                table.AddRow(inputs.Name, Markup.Escape(part.Part), $"{part.LargestDifference:E2}", $"{bound:E0}");
                worst = double.IsNaN(part.LargestDifference) ? double.NaN : Math.Max(worst, part.LargestDifference);
            }
        }

        AnsiConsole.Write(table);
        bool holds = worst <= bound;
        output.WriteLine($"Torch and ONNX Runtime {(holds ? "agree" : "differ")}: largest difference {worst:E2}, bound {bound:E0}.");
        return holds;
    }

    private static bool Prove(ModelBundle bundle, BundleReference? reference, VerifyRequest request, TextWriter output)
    {
        OnnxModel model = reference?.Model ?? bundle.Model;
        IReadOnlyList<float[]> inputs = reference?.Values ?? VerifiedInputs.Noise(request.Inputs ?? InputsOfProofs, model.InputLength, Seed);
        output.WriteLine($"{bundle.Manifest.Name} {bundle.Manifest.Version} has no {BundleFileNames.Recipe}; its graphs are proven by themselves, on {inputs.Count} {(reference is null ? "random inputs" : "inputs of the reference")}.");
        var proofs = new List<BundleProof> { new("the bundle opens", "every graph runs, is finite, and gives rows alone what it gives them beside others", true) };
        Write(proofs[0], output);
        foreach (BundleProof proof in new BundleProofs(bundle, model, inputs, request.Bound, TimeProvider.System).Run().Concat(Missing(reference, request)))
        {
            Write(proof, output);
            proofs.Add(proof);
        }

        int failed = proofs.Count(proof => proof.Holds == false);
        output.WriteLine(failed == 0
            ? $"{proofs.Count(proof => proof.Holds == true)} proofs hold; {proofs.Count(proof => proof.Holds is null)} do not apply."
            : $"{failed} of {proofs.Count} proofs fail.");
        return failed == 0;
    }

    /// <summary>What this bundle or this call leaves without proof.</summary>
    private static IEnumerable<BundleProof> Missing(BundleReference? reference, VerifyRequest request)
    {
        yield return new("Torch computes the same", $"there is no {BundleFileNames.Recipe} to build the model from", null);
        if (reference is null)
        {
            yield return new("the model's own program computes the same", "give its numbers by --reference", null);
        }

        if (request.Data is not null)
        {
            yield return new("real inputs give what Torch gives", "--data is of bundles with a recipe; evaluate measures this one on data", null);
        }
    }

    private static void Write(BundleProof proof, TextWriter output) =>
        output.WriteLine($"  {proof.Holds switch { true => "holds", false => "FAILS", null => "does not apply" }}: {proof.Claim}: {proof.Finding}.");
}

/// <summary>What is verified.</summary>
internal sealed record VerifyRequest
{
    /// <summary>The bundle's directory.</summary>
    public required DirectoryInfo Bundle { get; init; }

    /// <summary>Real inputs; null for random ones alone.</summary>
    public DirectoryInfo? Data { get; init; }

    /// <summary>Inputs of each kind, at least 1; null for the usual number.</summary>
    public int? Inputs { get; init; }

    /// <summary>Arrays that the model's own program gave; null for none.</summary>
    public FileInfo? Reference { get; init; }

    /// <summary>The largest difference.</summary>
    public required double Bound { get; init; }
}
