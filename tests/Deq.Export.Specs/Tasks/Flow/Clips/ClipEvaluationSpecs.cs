using System.Text.Json;
using Deq.Export.Specs.Tasks.Classification;
using Deq.Export.Specs.Tasks.Flow.Evaluation;
using Deq.Export.Tasks.Flow.Clips;
using Deq.Runtime.Bundles;
using Deq.Runtime.Imaging;
using Deq.Runtime.Onnx;
using Deq.Testing.Bundles;
using TemporaryFolder = Deq.Export.Specs.Fixtures.TemporaryFolder;

namespace Deq.Export.Specs.Tasks.Flow.Clips;

/// <summary>On a cell that contracts: its fixed point is one, and near for frames that are near.</summary>
public sealed class ClipEvaluationSpecs : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ModelBundle _bundle;

    public ClipEvaluationSpecs() => _bundle = ModelBundle.Open(TinyFlowBundle.Write(_folder.File("models/tiny-flow"), new() { Tolerance = 1e-5 }), new ExecutionOptions());

    public void Dispose()
    {
        _bundle.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Finds_that_a_still_picture_costs_next_to_nothing_from_the_previous_state()
    {
        FlowClip drawn = DrawnPairs.Clips(frames: 2).Draw(1);
        var still = new FlowClip("still", [drawn.Frames[0], drawn.Frames[0], drawn.Frames[0]], [null, null]);
        using var evaluation = new ClipEvaluation(_bundle, threads: 1);

        IReadOnlyList<ClipPairReport> pairs = evaluation.Measure(still);

        Assert.Equal([false, true], pairs.Select(pair => pair.IsCounted));
        Assert.Equal(pairs[0].Cold.Evaluations, pairs[0].Warm.Evaluations);
        Assert.True(pairs[1].Cold.Evaluations > 5);
        Assert.InRange(pairs[1].Warm.Evaluations, 1, 2);
        Assert.Null(pairs[1].Warm.Error);
    }

    [Fact]
    public void Starts_cold_at_a_cut_as_served_streams_do()
    {
        FlowClip dark = DrawnPairs.Clips(frames: 3).Draw(1);
        DecodedImage[] bright = [.. DrawnPairs.Clips(frames: 2).Draw(2).Frames.Select(frame => new DecodedImage(
            frame.Width, frame.Height, [.. frame.Pixels.Select((value, i) => i % 4 == 3 ? value : (byte)(205 + (value / 6)))]))];
        DecodedImage[] dim = [.. dark.Frames.Select(frame => new DecodedImage(
            frame.Width, frame.Height, [.. frame.Pixels.Select((value, i) => i % 4 == 3 ? value : (byte)(value / 6))]))];
        using var evaluation = new ClipEvaluation(_bundle, threads: 1);

        IReadOnlyList<ClipPairReport> pairs = evaluation.Measure(new FlowClip("cut", [dim[0], dim[1], dim[2], bright[0]], [null, null, null]));

        Assert.NotEqual(pairs[1].Cold, pairs[1].Warm);
        Assert.Equal(pairs[2].Cold, pairs[2].Warm);
    }

    [Fact]
    public void Starts_cold_after_a_change_of_size_and_has_no_answer_across_it()
    {
        using var evaluation = new ClipEvaluation(_bundle, threads: 1);

        IReadOnlyList<ClipPairReport> pairs = evaluation.Measure(DrawnPairs.Clips().Resized(0));

        Assert.Equal([0, 1, 3, 4], pairs.Select(pair => pair.Pair).Distinct());
        Assert.All(pairs.Where(pair => pair.Pair == 3), pair => Assert.Equal(pair.Cold, pair.Warm));
        Assert.Equal([3, 4], pairs.Where(pair => pair.IsCounted).Select(pair => pair.Pair).Distinct());
    }

    [Fact]
    public void Sums_up_evaluations_and_takes_the_means_of_errors()
    {
        ClipPairReport Pair(int cold, int warm, double? error) => new()
        {
            Clip = "clip",
            Pair = 1,
            IsCounted = true,
            Cold = new ClipAnswer(cold, 0, true, error, 1),
            Warm = new ClipAnswer(warm, 0, warm < 9, error * 2, 3),
        };

        var summary = ClipSummary.Of([Pair(8, 2, 1), Pair(10, 5, 3), Pair(10, 9, null)])!;

        Assert.Equal((28, 16), (summary.ColdEvaluations, summary.WarmEvaluations));
        Assert.Equal((2.0, 4.0, 1.0), (summary.Errors.Cold!.Value, summary.Errors.Warm!.Value, summary.Errors.Loss!.Value));
        Assert.Equal((1, 3), (summary.Errors.ColdDistance, summary.Errors.WarmDistance));
        Assert.Equal((1.0, 2 / 3.0), (summary.ColdConverged, summary.WarmConverged));
    }

    [Fact]
    public void Finds_one_end_from_every_start_where_the_fixed_point_is_one()
    {
        using var agreement = new StartAgreement(_bundle, threads: 1);

        StartReport report = agreement.Measure([DrawnPairs.Clips(frames: 3).Draw(1)]);

        Assert.Equal(["carried", "random"], report.Starts.Select(start => start.Start));
        Assert.All(report.Starts, start =>
        {
            Assert.InRange(start.WorstAlignment, 0.9999, 1.0001);
            Assert.InRange(start.WorstDistance, 0, 1e-3);
            Assert.Equal(start.ColdError!.Value, start.Error!.Value, 1e-3);
        });
    }

    [Fact]
    public void Finds_where_ends_differ_when_solves_are_cut_off_before_the_start_is_forgotten()
    {
        string bundle = TinyFlowBundle.Write(_folder.File("models/cut"), new() { MaxEvaluations = 1, Solver = "picard" });
        using ModelBundle cut = ModelBundle.Open(bundle, new ExecutionOptions());
        using var whole = new StartAgreement(_bundle, threads: 1);
        using var early = new StartAgreement(cut, threads: 1);
        FlowClip[] clips = [DrawnPairs.Clips(frames: 3).Draw(1)];

        StartSummary settled = whole.Measure(clips).Starts.Single(start => start.Start == "random");
        StartSummary unsettled = early.Measure(clips).Starts.Single(start => start.Start == "random");

        Assert.True(unsettled.Distance > 10 * settled.Distance, $"{unsettled.Distance} and {settled.Distance}");
        Assert.True(unsettled.Alignment < settled.Alignment, $"{unsettled.Alignment} and {settled.Alignment}");
    }

    [Fact]
    public async Task Is_run_from_the_command_line()
    {
        DrawnPairs.WriteFrames(_folder.File("clip"), DrawnPairs.Clips(frames: 3).Draw(1));

        (int code, string output) = await ExportedThreeShapes.RunAsync(
            "evaluate-clips", _folder.File("models/tiny-flow"), "--clips", _folder.File("clip"), "--drawn", "0", "--json", _folder.File("clips.json"));

        Assert.True(code == 0, output);
        Assert.Contains("| clip | 1 |", output);
        using var numbers = JsonDocument.Parse(await File.ReadAllTextAsync(_folder.File("clips.json"), TestContext.Current.CancellationToken));
        Assert.Equal(2, numbers.RootElement.GetProperty("groups")[0].GetProperty("pairs").GetArrayLength());
    }
}
