using Deq.Runtime.Bundles;
using Deq.Runtime.Imaging;
using Deq.Runtime.Models;
using Deq.Runtime.Onnx;
using Deq.Runtime.Scheduling.Engine;
using Deq.Runtime.Scheduling.Queue;
using Deq.Testing;

namespace Deq.Api.Specs.Documentation;

/// <summary>The program of the page on the runtime as a library: here it is compiled and run, and there it is printed.</summary>
public sealed class LibraryPageSpecs
{
    [Fact]
    public async Task Prints_a_program_that_answers_as_it_says()
    {
        string page = await File.ReadAllTextAsync(Repository.Folder("docs", "library.md"), TestContext.Current.CancellationToken);
        GuideBlock program = GuideBlock.Of(page).Single(block => block.Language == "csharp");

        Assert.Equal(program.Answer!.Trim(), await RunAsync(Repository.Folder("models"), Repository.Folder("docs", "samples")));
        string[] here = Lines(await File.ReadAllTextAsync(Repository.Folder("tests", "Deq.Api.Specs", "Documentation", "LibraryPageSpecs.cs"), TestContext.Current.CancellationToken));
        Assert.Empty(Lines(program.Text).Where(line => !line.StartsWith("string models", StringComparison.Ordinal) && !line.StartsWith("Console.", StringComparison.Ordinal)).Except(here));
    }

    private static async Task<string> RunAsync(string models, string samples)
    {
        using ModelBundle bundle = ModelBundle.Open(Path.Combine(models, "fashion-mnist"), new ExecutionOptions());
        await using var engine = new InferenceEngine("fashion-mnist", bundle.Model, new EngineOptions());
        DecodedImage image = ImageDecoder.Decode(await File.ReadAllBytesAsync(Path.Combine(samples, "ankle-boot.png")), new ImageLimits());
        SolveDefaults defaults = bundle.Manifest.Defaults;
        var request = new InferenceRequest<float[]>
        {
            Input = numbers => ImageTensor.Fill(image, bundle.Manifest.Input, numbers),
            Output = logits => logits.ToArray(),
            Method = defaults.Method(defaults.Solver),
            Tolerance = defaults.Grant().Tolerance,
            Budget = defaults.Grant().Budget,
        };
        engine.Submit([request], out IReadOnlyList<Task<InferenceAnswer<float[]>>> answers);
        InferenceAnswer<float[]> answer = await answers[0];
        int label = Array.IndexOf(answer.Result!, answer.Result!.Max());
        string text = $"{bundle.Manifest.Labels[label]} {answer.Solution.Converged} {answer.Solution.Evaluations}";

        return text;
    }

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
