using Deq.Api.Ensembles;
using Deq.Testing.Bundles;
using Microsoft.Data.Sqlite;

namespace Deq.Api.Specs.Ensembles;

/// <summary>The sums kept of all feedback, and the bound of the answers that are kept with it.</summary>
public sealed class TrustWritesSpecs : IDisposable
{
    private const int Members = 2;

    private readonly TemporaryFolder _folder = new();
    private readonly Random _random = new(5);
    private readonly List<(double Believed, double Right)> _given = [];

    private string Path => _folder["trust.db"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Belief_is_that_of_all_feedback_also_after_an_import_and_a_restart()
    {
        await using (TrustStore store = Open())
        {
            await store.Add(Drawn("waits"));
            await store.Add(Drawn("other") with { Ensemble = "birds" });
            await store.Feedback("birds", "other", "cat");
            await Give(store, "first", 60);
            AssertOfAllFeedback(store.Belief("pets"));

            await store.Replace("pets", new(1, [new("pets", "wide", 5, 5)]));
            AssertOfAllFeedback(store.Belief("pets"));
            await Give(store, "second", 20);
        }

        await using TrustStore again = Open();

        AssertOfAllFeedback(again.Belief("pets"));
        await Give(again, "third", 20);
        AssertOfAllFeedback(again.Belief("pets"));
        Assert.Equal(1, again.Belief("birds").Answers);
    }

    [Fact]
    public async Task Answers_beyond_the_bound_are_dropped_oldest_feedback_first_and_what_they_taught_stays()
    {
        await using TrustStore store = Open(mostSettled: 3);
        await store.Add(Drawn("waits"));
        await store.Add(Drawn("other") with { Ensemble = "birds" });
        await store.Feedback("birds", "other", "cat");

        string[] given = await Give(store, "pets", 20);

        Assert.Equal((5, 4, 5 * Members), Rows());
        FeedbackOutcome[] again = await Task.WhenAll(given.Select(id => store.Feedback("pets", id, "cat")));
        Assert.All(again[..17], outcome => Assert.Equal(FeedbackOutcome.UnknownAnswer, outcome));
        Assert.All(again[17..], outcome => Assert.True(outcome is FeedbackOutcome.Repeated or FeedbackOutcome.Contradicting));
        AssertOfAllFeedback(store.Belief("pets"));
        Assert.Equal(20 * Members, store.Members("pets").Sum(count => count.Right + count.Wrong));
        Assert.Equal(store.Recount("pets"), store.Members("pets"));
        Assert.Equal(FeedbackOutcome.Recorded, await store.Feedback("pets", "waits", "cat"));
    }

    [Fact]
    public async Task Counts_are_exported_and_imported_exactly_although_answers_were_dropped()
    {
        await using TrustStore store = Open(mostSettled: 3);
        await Give(store, "first", 20);
        TrustDocument exported = store.Export("pets");

        await store.Replace("pets", new(1, [new("pets", "wide", 7, 2)]));
        Assert.Equal([new("pets", "narrow", 0, 0), new("pets", "wide", 7, 2)], store.Members("pets"));
        await Give(store, "second", 10);
        Assert.Equal(store.Recount("pets"), store.Members("pets"));
        await store.Replace("pets", exported);

        Assert.Equal(exported.Members, store.Members("pets"));
        Assert.Equal(store.Recount("pets"), store.Members("pets"));
        AssertOfAllFeedback(store.Belief("pets"));
    }

    [Fact]
    public async Task A_store_with_far_too_many_answers_comes_to_its_bound_in_small_steps()
    {
        await using (TrustStore store = Open())
        {
            await Give(store, "many", 40);
        }

        await using TrustStore again = Open(mostSettled: 3);

        await Give(again, "next", 1);
        Assert.Equal(41 - TrustWrites.MostDropped, Rows().Feedback);
        await Give(again, "then", 3);
        Assert.Equal(3, Rows().Feedback);
        AssertOfAllFeedback(again.Belief("pets"));
        Assert.Equal(again.Recount("pets"), again.Members("pets"));
    }

    [Fact]
    public async Task A_store_of_before_the_sums_gets_them_and_the_order_of_its_feedback_when_it_is_opened()
    {
        using (var connection = new SqliteConnection($"Data Source={Path};Pooling=False"))
        {
            connection.Open();
            TrustSchema.Migrate(connection, upTo: 3);
            TrustSchema.Execute(connection, """
                INSERT INTO answers VALUES ('old', 'pets', 'cat', 0.9, 9, NULL, NULL), ('new', 'pets', 'cat', 0.7, 1, NULL, NULL), ('waits', 'pets', 'cat', 0.5, 1, NULL, NULL);
                INSERT INTO votes SELECT id, 'wide', label FROM answers;
                INSERT INTO feedback VALUES ('old', 'cat', 10), ('new', 'dog', 11);
                INSERT INTO trust VALUES ('pets', 'wide', 1, 1);
                """);
        }

        _given.AddRange([(0.9, 1), (0.7, 0)]);

        await using TrustStore store = Open(mostSettled: 2);

        AssertOfAllFeedback(store.Belief("pets"));
        Assert.Equal(FeedbackOutcome.Recorded, await store.Feedback("pets", "waits", "cat"));
        _given.Add((0.5, 1));
        AssertOfAllFeedback(store.Belief("pets"));
        Assert.Equal(FeedbackOutcome.UnknownAnswer, await store.Feedback("pets", "old", "cat"));
        Assert.Equal(FeedbackOutcome.Repeated, await store.Feedback("pets", "new", "dog"));
        Assert.Equal([new("pets", "wide", 2, 1)], store.Members("pets"));
        Assert.Equal(store.Recount("pets"), store.Members("pets"));
    }

    /// <summary>Compares with belief against truth by its definition, over all feedback given in this spec.</summary>
    private void AssertOfAllFeedback(BeliefAgainstTruth belief)
    {
        double[] gaps = [.. _given.Select(given => given.Believed - given.Right)];
        double mean = gaps.Average();
        double variance = gaps.Sum(gap => (gap - mean) * (gap - mean)) / (gaps.Length - 1);

        Assert.Equal(gaps.Length, belief.Answers);
        Assert.Equal(_given.Average(given => given.Believed), belief.Believed, 1e-12);
        Assert.Equal(_given.Average(given => given.Right), belief.Observed, 1e-12);
        Assert.Equal(Math.Sqrt(variance / gaps.Length), belief.Error, 1e-9);
    }

    /// <summary>Adds answers and gives feedback on them in another order, each twice; gives their ids in the order of the feedback.</summary>
    private async Task<string[]> Give(TrustStore store, string series, int count)
    {
        StoredAnswer[] answers = [.. Enumerable.Range(0, count).Select(i => Drawn($"{series}-{i}"))];
        await Task.WhenAll(answers.Select(store.Add));
        _random.Shuffle(answers);
        foreach (StoredAnswer answer in answers)
        {
            string truth = Label();
            Assert.Equal(FeedbackOutcome.Recorded, await store.Feedback("pets", answer.Id, truth));
            Assert.Equal(FeedbackOutcome.Repeated, await store.Feedback("pets", answer.Id, truth));
            _given.Add((answer.Believed, answer.Label == truth ? 1 : 0));
        }

        return [.. answers.Select(answer => answer.Id)];
    }

    private StoredAnswer Drawn(string id) =>
        new(id, "pets", Label(), _random.NextDouble(), new Dictionary<string, string> { ["wide"] = Label(), ["narrow"] = Label() }, "client");

    private string Label() => _random.Next(3) > 0 ? "cat" : "dog";

    private (long Answers, long Feedback, long Votes) Rows()
    {
        using var connection = new SqliteConnection($"Data Source={Path};Pooling=False");
        connection.Open();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = "SELECT (SELECT COUNT(*) FROM answers), (SELECT COUNT(*) FROM feedback), (SELECT COUNT(*) FROM votes)";
        using SqliteDataReader reader = command.ExecuteReader();
        Assert.True(reader.Read());
        return (reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2));
    }

    private TrustStore Open(int mostSettled = TrustStore.MostSettled) => TrustStore.Open(Path, TimeProvider.System, mostSettled: mostSettled);
}
