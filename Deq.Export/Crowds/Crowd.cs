using System.Globalization;
using System.Text;
using Deq.Runtime.Trust;

namespace Deq.Export.Crowds;

/// <summary>The votes of a crowd with the names that its files use, and what is known of the truth.</summary>
internal sealed class Crowd
{
    private Crowd(string[] tasks, string[] workers, string[] labels, VoteTable votes, int[] truth, string[] remarks) =>
        (Tasks, Workers, Labels, Votes, Truth, Remarks) = (tasks, workers, labels, votes, truth, remarks);

    /// <summary>The tasks' names, in the order of the file.</summary>
    public IReadOnlyList<string> Tasks { get; }

    /// <summary>The workers' names, in the order of the file.</summary>
    public IReadOnlyList<string> Workers { get; }

    /// <summary>The labels, by number where all are numbers, else by text.</summary>
    public IReadOnlyList<string> Labels { get; }

    /// <summary>The votes, by index.</summary>
    public VoteTable Votes { get; }

    /// <summary>The true label of each task; negative where it is unknown.</summary>
    public IReadOnlyList<int> Truth { get; }

    /// <summary>What was odd in the files, one sentence each.</summary>
    public IReadOnlyList<string> Remarks { get; }

    /// <summary>Puts answers and truths together.</summary>
    /// <param name="answers">At least one.</param>
    /// <param name="gold">By task; may be empty.</param>
    public static Crowd Of(IReadOnlyList<CrowdAnswer> answers, IReadOnlyDictionary<string, string> gold)
    {
        string[] tasks = [.. answers.Select(answer => answer.Task).Distinct()];
        string[] workers = [.. answers.Select(answer => answer.Worker).Distinct()];
        string[] labels = Sorted(answers.Select(answer => answer.Label).Concat(gold.Values).Distinct());
        Dictionary<string, int> taskPlaces = Places(tasks);
        Dictionary<string, int> workerPlaces = Places(workers);
        Dictionary<string, int> labelPlaces = Places(labels);
        var votes = new Dictionary<int, WorkerVote>[tasks.Length];
        (int repeated, int changed) = (0, 0);
        foreach (CrowdAnswer answer in answers)
        {
            Dictionary<int, WorkerVote> own = votes[taskPlaces[answer.Task]] ??= [];
            var vote = new WorkerVote(workerPlaces[answer.Worker], labelPlaces[answer.Label]);
            if (own.TryGetValue(vote.Worker, out WorkerVote before))
            {
                (repeated, changed) = before == vote ? (repeated + 1, changed) : (repeated, changed + 1);
            }

            own[vote.Worker] = vote;
        }

        int[] truth = [.. tasks.Select(task => gold.TryGetValue(task, out string? label) ? labelPlaces[label] : -1)];
        var table = new VoteTable([.. votes.Select(own => own.Values.ToArray())], workers.Length, Math.Max(2, labels.Length), [.. tasks.Select(Coin)]);
        return new(tasks, workers, labels, table, truth, [.. Oddities(repeated, changed, gold.Keys.Count(task => !taskPlaces.ContainsKey(task)))]);
    }

    /// <summary>A label's name.</summary>
    /// <param name="label">From 0.</param>
    public string Label(int label) => label < Labels.Count ? Labels[label] : "";

    private static IEnumerable<string> Oddities(int repeated, int changed, int unanswered)
    {
        if (repeated > 0)
        {
            yield return $"{repeated} answers repeat what the same worker said of the same task; they count once.";
        }

        if (changed > 0)
        {
            yield return $"{changed} answers contradict what the same worker said of the same task before; the last one counts.";
        }

        if (unanswered > 0)
        {
            yield return $"{unanswered} tasks with a known truth have no answers; they are left out.";
        }
    }

    private static string[] Sorted(IEnumerable<string> labels)
    {
        string[] all = [.. labels];
        return all.All(label => double.TryParse(label, CultureInfo.InvariantCulture, out _))
            ? [.. all.OrderBy(label => double.Parse(label, CultureInfo.InvariantCulture)).ThenBy(label => label, StringComparer.Ordinal)]
            : [.. all.Order(StringComparer.Ordinal)];
    }

    private static Dictionary<string, int> Places(string[] names) =>
        names.Select((name, place) => (name, place)).ToDictionary(pair => pair.name, pair => pair.place, StringComparer.Ordinal);

    /// <summary>A number from a task's name alone, so that ties fall the same way in every run and favour no label (FNV-1a, then mixed).</summary>
    private static ulong Coin(string task)
    {
        ulong hash = 14695981039346656037;
        foreach (byte part in Encoding.UTF8.GetBytes(task))
        {
            hash = (hash ^ part) * 1099511628211;
        }

        hash = (hash ^ (hash >> 30)) * 0xBF58476D1CE4E5B9;
        hash = (hash ^ (hash >> 27)) * 0x94D049BB133111EB;
        return (hash ^ (hash >> 31)) >> 1;
    }
}
