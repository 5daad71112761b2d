using Deq.Export.Crowds;
using Deq.Export.Specs.Fixtures;

namespace Deq.Export.Specs.Crowds;

/// <summary>Crowds of the literature with half their truth as gold; skipped where they are not at hand.</summary>
public sealed class RealCrowdsSpecs
{
    [Theory]
    [InlineData("bluebird")]
    [InlineData("rte")]
    [InlineData("dog")]
    [InlineData("CF")]
    public void Weighted_votes_are_no_worse_than_the_majority_and_corrected_belief_is_right_on_average(string name)
    {
        string folder = Path.Combine(SharedImages.Directory("crowd"), name);
        IReadOnlyList<CrowdAnswer> answers = VoteFiles.Answers(Path.Combine(folder, "label.csv"));
        IReadOnlyDictionary<string, string> truth = VoteFiles.Gold(Path.Combine(folder, "truth.csv"));
        const int splits = 8;
        var random = new Random(1);
        (double weighted, double believed) = (0, 0);
        for (int split = 0; split < splits; split++)
        {
            string[] known = [.. truth.Keys.Order(StringComparer.Ordinal)];
            random.Shuffle(known);
            var gold = known[..(known.Length / 2)].ToDictionary(task => task, task => truth[task]);

            var report = CrowdReport.Of(Crowd.Of(answers, gold));

            CrowdItem[] tested = [.. report.Items.Where(item => item.Truth is null && truth.ContainsKey(item.Task))];
            double right = tested.Average(item => item.Weighted == truth[item.Task] ? 1.0 : 0);
            weighted += (right - tested.Average(item => item.Majority == truth[item.Task] ? 1.0 : 0)) / splits;
            believed += (report.BelievedCorrected!.Value - right) / splits;
        }

        Assert.InRange(weighted, -0.005, 1);
        Assert.InRange(Math.Abs(believed), 0, name == "bluebird" ? 0.06 : 0.03);
    }
}
