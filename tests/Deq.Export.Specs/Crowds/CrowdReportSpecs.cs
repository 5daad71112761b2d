using System.Text.Json;
using Deq.Export.Crowds;

namespace Deq.Export.Specs.Crowds;

public sealed class CrowdReportSpecs
{
    private static readonly Dictionary<string, string> NoGold = [];

    [Fact]
    public void A_worker_who_answers_twice_counts_once()
    {
        var crowd = Crowd.Of([new("1", "ann", "a"), new("1", "ann", "a"), new("1", "bob", "a"), new("1", "bob", "b"), new("2", "bob", "b")], NoGold);

        var report = CrowdReport.Of(crowd);

        Assert.Equal(2, report.Items[0].Votes);
        Assert.Contains(report.Warnings, warning => warning.StartsWith("1 answers repeat", StringComparison.Ordinal));
        Assert.Contains(report.Warnings, warning => warning.StartsWith("1 answers contradict", StringComparison.Ordinal));
    }

    [Fact]
    public void Labels_are_in_order_of_number_where_all_are_numbers()
    {
        Assert.Equal(["2", "10"], Crowd.Of([new("1", "ann", "10"), new("1", "bob", "2")], NoGold).Labels);
        Assert.Equal(["10", "2", "x"], Crowd.Of([new("1", "ann", "10"), new("1", "bob", "2")], new Dictionary<string, string> { ["1"] = "x" }).Labels);
    }

    [Fact]
    public void A_tie_falls_the_same_way_whatever_the_order_of_the_file()
    {
        CrowdAnswer[] answers = [.. Enumerable.Range(0, 200).SelectMany(task => new CrowdAnswer[] { new($"{task}", "ann", "a"), new($"{task}", "bob", "b") })];

        var forward = CrowdReport.Of(Crowd.Of(answers, NoGold)).Items.ToDictionary(item => item.Task, item => item.Majority);
        var backward = CrowdReport.Of(Crowd.Of([.. answers.Reverse()], NoGold)).Items.ToDictionary(item => item.Task, item => item.Majority);

        Assert.Equal(forward, backward);
        Assert.InRange(forward.Values.Count(label => label == "a"), 70, 130);
    }

    [Fact]
    public void Without_gold_nothing_is_corrected_and_that_is_said()
    {
        var report = CrowdReport.Of(Crowd.Of([new("1", "ann", "a"), new("1", "bob", "b"), new("2", "ann", "a")], NoGold));

        Assert.Null(report.Temperature);
        Assert.Null(report.BelievedCorrected);
        Assert.Contains(report.Warnings, warning => warning.StartsWith("No task has a known truth", StringComparison.Ordinal));
    }

    [Fact]
    public void One_label_alone_is_decided_for()
    {
        var report = CrowdReport.Of(Crowd.Of([new("1", "ann", "a"), new("2", "bob", "a")], new Dictionary<string, string> { ["1"] = "a" }));

        Assert.All(report.Items, item => Assert.Equal(("a", "a", "a"), (item.Majority, item.Weighted, item.DawidSkene)));
    }

    [Fact]
    public void Gold_without_answers_is_left_out_and_said()
    {
        var report = CrowdReport.Of(Crowd.Of([new("1", "ann", "a"), new("2", "ann", "b")], new Dictionary<string, string> { ["1"] = "a", ["9"] = "b" }));

        Assert.Equal(2, report.Items.Count);
        Assert.Contains(report.Warnings, warning => warning.StartsWith("1 tasks with a known truth have no answers", StringComparison.Ordinal));
    }

    [Fact]
    public void The_JSON_has_the_names_that_programs_read()
    {
        CrowdReport report = Drawn(hard: true);

        using JsonDocument json = JsonDocument.Parse(CrowdOutput.Json(report));

        JsonElement root = json.RootElement;
        Assert.Equal(report.Believed, root.GetProperty("believed").GetDouble());
        Assert.Equal(report.BelievedCorrected, root.GetProperty("believedCorrected").GetDouble());
        Assert.Equal(report.Temperature, root.GetProperty("temperature").GetDouble());
        JsonElement item = root.GetProperty("items")[3];
        Assert.Equal(
            (report.Items[3].Task, report.Items[3].Majority, report.Items[3].Weighted),
            (item.GetProperty("task").GetString(), item.GetProperty("majority").GetString(), item.GetProperty("weighted").GetString()));
        Assert.InRange(item.GetProperty("posterior").GetDouble(), item.GetProperty("posteriorCorrected").GetDouble(), 1);
        JsonElement worker = root.GetProperty("workers")[0];
        Assert.InRange(worker.GetProperty("trust").GetDouble(), worker.GetProperty("low").GetDouble(), worker.GetProperty("high").GetDouble());
    }

    [Fact]
    public void Workers_that_err_together_are_warned_of()
    {
        Assert.Contains(Drawn(hard: true).Warnings, warning => warning.StartsWith("Votes are dependent", StringComparison.Ordinal));
        Assert.DoesNotContain(Drawn(hard: false).Warnings, warning => warning.StartsWith("Votes are dependent", StringComparison.Ordinal));
    }

    [Fact]
    public void The_CSV_has_a_line_for_each_task()
    {
        CrowdReport report = Drawn(hard: false);

        string[] lines = CrowdOutput.Csv(report.Items).TrimEnd('\n').Split('\n');

        Assert.Equal("task,majority,weighted,dawidSkene,posterior,posteriorCorrected,dawidSkenePosterior,votes,truth", lines[0]);
        Assert.Equal(report.Items.Count + 1, lines.Length);
        Assert.StartsWith("0,", lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public void Groups_of_the_plot_hold_every_task_of_known_truth_once()
    {
        CrowdReport report = Drawn(hard: true);

        IReadOnlyList<BeliefPlot.Group> groups = BeliefPlot.Groups(report.Items, item => item.Posterior);

        CrowdItem[] known = [.. report.Items.Where(item => item.Truth is not null)];
        Assert.Equal(10, groups.Count);
        Assert.Equal(known.Average(item => item.IsRight == true ? 1.0 : 0), groups.Average(group => group.Right), 1e-9);
        Assert.Equal(groups.Select(group => group.Posterior).Order(), groups.Select(group => group.Posterior));
        Assert.NotEqual(BeliefPlot.Png("drawn", report), BeliefPlot.Png("drawn", Drawn(hard: false)));
    }

    /// <summary>400 tasks of two labels, nine workers who are right three times of four; or who all guess on a third of the tasks.</summary>
    private static CrowdReport Drawn(bool hard)
    {
        var random = new Random(9);
        List<CrowdAnswer> answers = [];
        Dictionary<string, string> gold = [];
        for (int task = 0; task < 400; task++)
        {
            string truth = random.Next(2) == 0 ? "a" : "b";
            bool guessed = hard && random.NextDouble() < 0.33;
            for (int worker = 0; worker < 9; worker++)
            {
                bool right = random.NextDouble() < (guessed ? 0.5 : 0.75);
                answers.Add(new($"{task}", $"w{worker}", right ? truth : truth == "a" ? "b" : "a"));
            }

            if (task % 2 == 0)
            {
                gold[$"{task}"] = truth;
            }
        }

        return CrowdReport.Of(Crowd.Of(answers, gold));
    }
}
