using Deq.Runtime.Trust;

namespace Deq.Export.Crowds;

/// <summary>Where a crowd's numbers are to be read with care.</summary>
internal static class CrowdWarnings
{
    private const int FewVotes = 5;
    private const int FewTasks = 50;
    private const int ManyLabels = 5;
    private const double IndependentTemperature = 0.8;

    /// <summary>One sentence for each.</summary>
    /// <param name="crowd">Votes and truth.</param>
    /// <param name="vote">What was decided.</param>
    /// <param name="votes">The votes of each worker.</param>
    /// <param name="gold">The votes of each worker on tasks of known truth.</param>
    public static IEnumerable<string> Of(Crowd crowd, TrustedVote vote, int[] votes, int[] gold)
    {
        int known = crowd.Truth.Count(label => label >= 0);
        if (vote.Temperature is not double temperature)
        {
            yield return "No task has a known truth: trust comes from agreement alone, and what is believed is not corrected for shared errors.";
            yield break;
        }

        if (known < FewTasks)
        {
            yield return $"Gold is thin: {known} tasks have a known truth; the believed accuracy is known to about ±{1 / Math.Sqrt(known):F2}.";
        }

        int few = gold.Count(count => count < FewVotes);
        if (2 * few > gold.Length)
        {
            yield return $"Gold is thin: {few} of {gold.Length} workers have fewer than {FewVotes} votes on tasks of known truth; their trust is mostly that of the crowd.";
        }

        if (temperature < IndependentTemperature)
        {
            double each = (double)votes.Sum() / crowd.Tasks.Count;
            yield return $"Votes are dependent: workers err together, so that {each:F1} votes on a task say about as much as {temperature * each:F1} independent ones. Use the corrected numbers.";
        }

        if (vote.Weights == "equal")
        {
            yield return "Weights do not clearly improve on the majority on tasks of known truth: every vote counts the same.";
        }

        if (crowd.Labels.Count > ManyLabels)
        {
            yield return $"There are {crowd.Labels.Count} labels: a single temperature may leave the posteriors of single tasks misshapen, though their mean is fitted.";
        }
    }
}
