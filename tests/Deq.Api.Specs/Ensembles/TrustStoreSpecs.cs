using Deq.Api.Ensembles;
using Deq.Testing;
using Deq.Testing.Bundles;
using Microsoft.Data.Sqlite;

namespace Deq.Api.Specs.Ensembles;

public sealed class TrustStoreSpecs : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Path => _folder["trust.db"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Counts_every_member_that_voted()
    {
        await using TrustStore store = Open();
        await store.Add(Answer("1", "cat", ("wide", "cat"), ("narrow", "dog")));
        await store.Add(Answer("2", "dog", ("wide", "dog")));

        Assert.Equal(FeedbackOutcome.Recorded, await store.Feedback("pets", "1", "cat"));
        Assert.Equal(FeedbackOutcome.Recorded, await store.Feedback("pets", "2", "cat"));

        Assert.Equal([new("pets", "narrow", 0, 1), new("pets", "wide", 1, 1)], store.Members("pets"));
    }

    [Fact]
    public async Task A_feedback_counts_once_and_its_first_truth_stays()
    {
        await using TrustStore store = Open();
        await store.Add(Answer("1", "cat", ("wide", "cat")));
        await store.Feedback("pets", "1", "cat");

        Assert.Equal(FeedbackOutcome.Repeated, await store.Feedback("pets", "1", "cat"));
        Assert.Equal(FeedbackOutcome.Contradicting, await store.Feedback("pets", "1", "dog"));

        Assert.Equal([new("pets", "wide", 1, 0)], store.Members("pets"));
    }

    [Fact]
    public async Task An_answer_that_this_ensemble_did_not_give_is_unknown()
    {
        await using TrustStore store = Open();
        await store.Add(Answer("1", "cat", ("wide", "cat")));

        Assert.Equal(FeedbackOutcome.UnknownAnswer, await store.Feedback("pets", "2", "cat"));
        Assert.Equal(FeedbackOutcome.UnknownAnswer, await store.Feedback("birds", "1", "cat"));
        Assert.Empty(store.Members("pets"));
    }

    [Fact]
    public async Task An_id_is_kept_once_and_the_others_of_its_batch_are_kept_too()
    {
        await using TrustStore store = Open();

        Task[] adds = [.. new[] { "1", "2", "1", "3" }.Select(id => store.Add(Answer(id, "cat", ("wide", "cat"))))];

        await Assert.ThrowsAsync<ArgumentException>(() => Task.WhenAll(adds));
        Assert.Equal(3, adds.Count(add => add.IsCompletedSuccessfully));
        Assert.Equal(FeedbackOutcome.Recorded, await store.Feedback("pets", "3", "cat"));
    }

    [Fact]
    public async Task Trust_survives_a_restart_and_equals_a_recount()
    {
        await using (TrustStore store = Open())
        {
            await Fill(store, 300);
        }

        await using TrustStore again = Open();

        Assert.Equal(300, again.Members("pets").Sum(count => count.Right + count.Wrong));
        Assert.Equal(again.Recount("pets"), again.Members("pets"));
    }

    [Fact]
    public async Task Many_clients_at_once_lose_nothing()
    {
        await using TrustStore store = Open();

        await Task.WhenAll(Enumerable.Range(0, 16).Select(client => Task.Run(async () =>
        {
            for (int i = 0; i < 40; i++)
            {
                await store.Add(Answer($"{client}-{i}", "cat", ("wide", "cat")));
                Assert.Equal(FeedbackOutcome.Recorded, await store.Feedback("pets", $"{client}-{i}", i % 4 == 0 ? "dog" : "cat"));
            }
        })));

        Assert.Equal([new("pets", "wide", 480, 160)], store.Members("pets"));
    }

    [Fact]
    public async Task Moves_to_another_store_as_a_document_and_learns_on_there()
    {
        await using TrustStore store = Open();
        await Fill(store, 20);
        await using TrustStore other = TrustStore.Open(_folder["other.db"], TimeProvider.System);
        await Fill(other, 3);

        await other.Replace("pets", store.Export("pets"));
        await other.Replace("pets", store.Export("pets"));

        Assert.Equal(store.Members("pets"), other.Members("pets"));
        await other.Add(Answer("next", "cat", ("wide", "cat")));
        await other.Feedback("pets", "next", "cat");
        Assert.Equal(store.Members("pets").Sum(count => count.Right) + 1, other.Members("pets").Sum(count => count.Right));
        Assert.Equal(other.Recount("pets"), other.Members("pets"));
    }

    [Fact]
    public async Task A_member_that_a_document_does_not_name_has_no_counts()
    {
        await using TrustStore store = Open();
        await Fill(store, 20);

        await store.Replace("pets", new(1, [new("birds", "wide", 2, 1)]));

        Assert.Equal([new("pets", "narrow", 0, 0), new("pets", "wide", 2, 1)], store.Members("pets"));
        Assert.Equal(store.Recount("pets"), store.Members("pets"));
    }

    [Fact]
    public async Task A_document_of_another_format_is_refused()
    {
        await using TrustStore store = Open();

        await Assert.ThrowsAsync<TrustStoreException>(() => store.Replace("pets", new(2, [])));
    }

    [Theory]
    [InlineData(-1, 0)]
    [InlineData(double.NaN, 0)]
    [InlineData(0, double.PositiveInfinity)]
    [InlineData(1.7e308, 0)]
    [InlineData(0, 1e9 + 1)]
    public async Task A_count_that_is_none_is_refused_with_its_range_and_changes_nothing(double right, double wrong)
    {
        await using TrustStore store = Open();
        await Fill(store, 20);
        IReadOnlyList<MemberCount> before = store.Members("pets");

        TrustStoreException fault = await Assert.ThrowsAsync<TrustStoreException>(() => store.Replace("pets", new(1, [new("pets", "narrow", 1, 1), new("pets", "wide", right, wrong)])));

        Assert.Contains("members[1]", fault.Message, StringComparison.Ordinal);
        Assert.Contains("from 0 to 1000000000", fault.Message, StringComparison.Ordinal);
        Assert.Equal(before, store.Members("pets"));
    }

    [Fact]
    public async Task A_document_that_names_a_member_twice_is_refused()
    {
        await using TrustStore store = Open();

        TrustStoreException fault = await Assert.ThrowsAsync<TrustStoreException>(() => store.Replace("pets", new(1, [new("pets", "wide", 1, 0), new("birds", "wide", 2, 0)])));

        Assert.Contains("members[1] names 'wide' once more", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Counts_that_an_older_server_stored_beyond_the_range_can_be_read_and_replaced()
    {
        await using (TrustStore old = Open())
        {
            await Fill(old, 20);
        }

        using (var connection = new SqliteConnection($"Data Source={Path};Pooling=False"))
        {
            connection.Open();
            TrustSchema.Execute(connection, "UPDATE trust SET \"right\" = 9e999, wrong = 1e308; INSERT INTO imported VALUES ('pets', 'wide', 9e999, 1e308), ('pets', 'narrow', -9e999, 1e308)");
        }

        await using TrustStore store = Open();
        Assert.All(store.Members("pets"), count => Assert.Equal((MemberCount.Most, MemberCount.Most), (count.Right, count.Wrong)));
        await store.Replace("pets", store.Export("pets"));
        Assert.Equal(store.Recount("pets"), store.Members("pets"));
        await store.Replace("pets", new(1, []));

        Assert.All(store.Members("pets"), count => Assert.Equal((0, 0), (count.Right, count.Wrong)));
        Assert.Equal(store.Recount("pets"), store.Members("pets"));
    }

    [Fact]
    public async Task Belief_is_compared_with_what_was_right()
    {
        await using TrustStore store = Open();
        Assert.Equal(new(0, 0, 0, 0), store.Belief("pets"));
        await store.Add(new("1", "pets", "cat", 0.9, new Dictionary<string, string>(), "client"));
        await store.Add(new("2", "pets", "cat", 0.7, new Dictionary<string, string>(), "client"));
        await store.Feedback("pets", "1", "cat");
        await store.Feedback("pets", "2", "dog");

        BeliefAgainstTruth belief = store.Belief("pets");

        Assert.Equal((2, 0.8, 0.5), (belief.Answers, Math.Round(belief.Believed, 12), belief.Observed));
        Assert.Equal(0.4, belief.Error, 1e-12);
    }

    [Fact]
    public async Task Old_answers_without_feedback_are_dropped()
    {
        var clock = new ManualClock();
        await using TrustStore store = TrustStore.Open(Path, clock);
        await store.Add(Answer("1", "cat", ("wide", "cat")));
        await store.Add(Answer("2", "cat", ("wide", "cat")));
        await store.Feedback("pets", "1", "cat");
        clock.Advance(TimeSpan.FromDays(2));
        await store.Add(Answer("3", "cat", ("wide", "cat")));

        Assert.Equal(1, await store.Forget(TimeSpan.FromDays(1)));

        Assert.Equal(FeedbackOutcome.UnknownAnswer, await store.Feedback("pets", "2", "cat"));
        Assert.Equal(FeedbackOutcome.Recorded, await store.Feedback("pets", "3", "cat"));
        Assert.Equal(store.Recount("pets"), store.Members("pets"));
    }

    [Fact]
    public async Task An_answer_waits_until_its_client_has_had_so_many_more_and_those_of_others_and_with_feedback_stay()
    {
        await using TrustStore store = TrustStore.Open(Path, TimeProvider.System, mostWaiting: 3);
        await store.Add(Answer("other", "cat", ("wide", "cat")) with { Client = "other" });
        await AddAll(store, "1", "2", "3");
        await store.Feedback("pets", "2", "cat");
        await AddAll(store, "4", "5");

        FeedbackOutcome[] expected =
        [
            FeedbackOutcome.Recorded, FeedbackOutcome.UnknownAnswer, FeedbackOutcome.Repeated, FeedbackOutcome.Recorded, FeedbackOutcome.Recorded, FeedbackOutcome.Recorded,
        ];
        FeedbackOutcome[] outcomes = await Task.WhenAll(new[] { "other", "1", "2", "3", "4", "5" }.Select(id => store.Feedback("pets", id, "cat")));

        Assert.Equal(expected, outcomes);
        Assert.Equal(store.Recount("pets"), store.Members("pets"));
    }

    [Fact]
    public async Task Answers_that_wait_stay_within_their_bound_whichever_get_feedback()
    {
        await using TrustStore store = TrustStore.Open(Path, TimeProvider.System, mostWaiting: 4);
        var random = new Random(7);
        for (int i = 0; i < 200; i++)
        {
            await store.Add(Answer($"{i}", "cat", ("wide", "cat")));
            await store.Feedback("pets", $"{i - random.Next(5)}", "cat");
        }

        await AddAll(store, "a", "b", "c", "d", "e");

        Assert.Equal(4, await store.Forget(TimeSpan.FromDays(-1)));
    }

    [Fact]
    public async Task A_store_of_an_older_version_is_migrated_with_what_it_holds()
    {
        using (var connection = new SqliteConnection($"Data Source={Path};Pooling=False"))
        {
            connection.Open();
            TrustSchema.Migrate(connection, upTo: 1);
            TrustSchema.Execute(connection, "INSERT INTO trust VALUES ('pets', 'wide', 7, 2)");
        }

        await using TrustStore store = Open();

        Assert.Equal([new("pets", "wide", 7, 2)], store.Members("pets"));
        await store.Replace("pets", new(1, [new("pets", "wide", 8, 2)]));
        Assert.Equal([new("pets", "wide", 8, 2)], store.Members("pets"));
    }

    [Fact]
    public void A_store_of_a_newer_version_is_refused()
    {
        using (var connection = new SqliteConnection($"Data Source={Path};Pooling=False"))
        {
            connection.Open();
            TrustSchema.Execute(connection, "PRAGMA user_version = 99");
        }

        Assert.Contains("99", Assert.Throws<TrustStoreException>(Open).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_no_store_is_refused()
    {
        File.WriteAllText(Path, string.Concat(Enumerable.Repeat("no database ", 200)));

        Assert.Contains("trust.db", Assert.Throws<TrustStoreException>(Open).Message, StringComparison.Ordinal);
    }

    private static StoredAnswer Answer(string id, string label, params (string Member, string Label)[] votes) =>
        new(id, "pets", label, 0.9, votes.ToDictionary(vote => vote.Member, vote => vote.Label), "client");

    private static async Task Fill(TrustStore store, int answers)
    {
        for (int i = 0; i < answers; i++)
        {
            await store.Add(Answer($"{i}", "cat", (i % 3 == 0 ? "wide" : "narrow", i % 5 == 0 ? "dog" : "cat")));
            await store.Feedback("pets", $"{i}", "cat");
        }
    }

    private static async Task AddAll(TrustStore store, params string[] ids)
    {
        foreach (string id in ids)
        {
            await store.Add(Answer(id, "cat", ("wide", "cat")));
        }
    }

    private TrustStore Open() => TrustStore.Open(Path, TimeProvider.System);
}
