using System.Diagnostics.Metrics;
using CsCheck;
using Deq.Api.Problems;
using Deq.Api.Requests;
using Deq.Api.Settings;
using Deq.Api.Solving;
using Deq.Api.Specs.Servers;
using Deq.Api.Streams;
using Deq.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Deq.Api.Specs.Streams;

public sealed class StreamStoreSpecs : IAsyncDisposable
{
    private readonly ManualClock _clock = new();
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly List<string> _evictions = [];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
    }

    [Fact]
    public void Gives_streams_ids_that_nobody_guesses()
    {
        StreamStore store = Store(perClient: 1000);

        string[] ids = [.. Enumerable.Range(0, 500).Select(_ => Open(store, "one").Id)];

        Assert.Equal(500, ids.Distinct().Count());
        Assert.All(ids, id => Assert.Matches("^[A-Za-z0-9_-]{32}$", id));
        Assert.All(Enumerable.Range(0, 32), place => Assert.True(ids.Select(id => id[place]).Distinct().Count() > 30));
    }

    [Fact]
    public void Finds_a_stream_for_its_caller_alone()
    {
        StreamStore store = Store();
        OpenStream stream = Open(store, "one");

        Assert.Same(stream, store.Find(stream.Id, "one"));
        Assert.Null(store.Find(stream.Id, "two"));
        Assert.Null(store.Find(stream.Id.ToUpperInvariant() + "x", "one"));
    }

    [Fact]
    public void Keeps_a_thousand_abandoned_streams_within_its_bytes_and_closes_them_all_once_they_have_lain_idle()
    {
        StreamStore store = Store(bytes: 1_000_000, perClient: 10, most: 2000, idle: TimeSpan.FromSeconds(60));
        for (int i = 0; i < 1000; i++)
        {
            Keep(store, Open(store, $"caller {i / 10}"), state: 1000);
            Assert.InRange(store.Bytes, 1, 1_000_000);
            _clock.Advance(TimeSpan.FromMilliseconds(20));
        }

        int open = store.Count;
        _clock.Advance(TimeSpan.FromSeconds(41));
        store.Expire();
        int left = store.Count;
        _clock.Advance(TimeSpan.FromSeconds(20));
        store.Expire();

        Assert.Equal(1000, open);
        Assert.Equal(949, left);
        Assert.Equal((0, 0L), (store.Count, store.Bytes));
        Assert.Equal(1000, _evictions.Count(reason => reason == StreamMetrics.Idle));
    }

    [Fact]
    public void Drops_states_first_and_of_them_the_one_that_has_lain_idle_longest()
    {
        long one = Memory(10_000).Bytes;
        StreamStore store = Store(bytes: 3 * one);
        OpenStream[] streams = [.. Enumerable.Range(0, 3).Select(_ => Open(store, "one"))];
        foreach (OpenStream stream in streams)
        {
            Keep(store, stream, 10_000);
        }

        Touch(store, streams[0]);
        Keep(store, Open(store, "one"), 15_000);

        Assert.True(streams[0].Memory.HasStart);
        Assert.False(streams[1].Memory.HasStart);
        Assert.NotNull(streams[1].Memory.Kept);
        Assert.False(streams[2].Memory.HasStart);
        Assert.True(store.Bytes <= 3 * one);
    }

    [Fact]
    public void Drops_of_the_client_with_the_most_bytes_however_long_others_have_lain_idle()
    {
        long one = Memory(10_000).Bytes;
        StreamStore store = Store(bytes: (4 * one) + 1000);
        OpenStream modest = Open(store, "modest");
        Keep(store, modest, state: 10_000);
        OpenStream[] greedy = [.. Enumerable.Range(0, 3).Select(_ => Open(store, "greedy"))];
        foreach (OpenStream stream in greedy)
        {
            Keep(store, stream, state: 10_000);
        }

        Keep(store, Open(store, "third"), state: 10_000);

        Assert.True(modest.Memory.HasStart);
        Assert.Equal([false, true, true], greedy.Select(stream => stream.Memory.HasStart));
        Assert.InRange(store.Bytes, 1, (4 * one) + 1000);
    }

    [Fact]
    public async Task Drops_nothing_of_others_for_a_client_that_has_most_although_all_its_streams_are_in_use()
    {
        long one = Memory(10_000).Bytes;
        StreamStore store = Store(bytes: (4 * one) + 1000);
        OpenStream modest = Open(store, "modest");
        Keep(store, modest, state: 10_000);
        OpenStream[] greedy = [.. Enumerable.Range(0, 5).Select(_ => Open(store, "greedy"))];
        List<IDisposable?> turns = [];
        foreach (OpenStream stream in greedy)
        {
            turns.Add(await store.EnterAsync(stream, Cancellation));
            store.Keep(stream, Memory(10_000));
        }

        Assert.True(modest.Memory.HasStart);
        Assert.Equal(3, greedy.Count(stream => stream.Memory.HasStart));
        turns.ForEach(turn => turn?.Dispose());
    }

    [Fact]
    public void Drops_frames_once_there_are_no_states_left_to_drop()
    {
        StreamStore store = Store(bytes: 2 * Memory(0).Bytes);
        OpenStream[] streams = [.. Enumerable.Range(0, 3).Select(_ => Open(store, "one"))];

        foreach (OpenStream stream in streams)
        {
            Keep(store, stream, 0);
        }

        Assert.Null(streams[0].Memory.Kept);
        Assert.Equal(7, streams[0].Memory.Index);
        Assert.All(streams.Skip(1), stream => Assert.NotNull(stream.Memory.Kept));
    }

    [Fact]
    public async Task Drops_nothing_of_a_stream_that_is_in_use()
    {
        StreamStore store = Store(bytes: Memory(100).Bytes, idle: TimeSpan.FromSeconds(1), most: 2);
        OpenStream used = Open(store, "one");
        Keep(store, used, 100);
        OpenStream other = Open(store, "one");
        using (await store.EnterAsync(used, Cancellation))
        {
            Keep(store, other, 100);
            _clock.Advance(TimeSpan.FromSeconds(5));
            store.Expire();

            Assert.True(used.Memory.HasStart);
            Assert.False(other.Memory.HasStart);
            Assert.Same(used, store.Find(used.Id, "one"));
        }

        Assert.Same(used, store.Find(used.Id, "one"));
        Assert.Null(store.Find(other.Id, "one"));
    }

    [Fact]
    public async Task Closes_a_stream_in_use_at_the_end_of_its_turn_and_lets_nobody_in_who_waited()
    {
        StreamStore store = Store();
        OpenStream stream = Open(store, "one");
        IDisposable? first = await store.EnterAsync(stream, Cancellation);
        Task<IDisposable?> second = store.EnterAsync(stream, Cancellation);

        store.Close(stream);
        store.Keep(stream, Memory(100));
        first!.Dispose();

        Assert.Null(await second);
        Assert.Null(store.Find(stream.Id, "one"));
        Assert.Equal((0, 0L), (store.Count, store.Bytes));
        Assert.Null(await store.EnterAsync(stream, Cancellation));
    }

    [Fact]
    public void Refuses_a_caller_beyond_its_number_and_says_when_there_will_be_room()
    {
        StreamStore store = Store(perClient: 1, idle: TimeSpan.FromSeconds(10));
        Open(store, "one");
        _clock.Advance(TimeSpan.FromSeconds(4));

        ProblemException refusal = Assert.Throws<ProblemException>(() => Open(store, "one"));

        Assert.Equal(ProblemKinds.TooManyStreams, refusal.Kind);
        Assert.Equal(TimeSpan.FromSeconds(6), refusal.RetryAfter);
        Open(store, "two");
    }

    [Fact]
    public async Task Closes_the_stream_that_has_lain_idle_longest_for_a_new_one_beyond_the_number_in_all()
    {
        StreamStore store = Store(most: 2);
        OpenStream[] streams = [Open(store, "one"), Open(store, "two")];
        Touch(store, streams[0]);

        OpenStream third = Open(store, "three");
        using IDisposable? held = await store.EnterAsync(streams[0], Cancellation);
        using IDisposable? also = await store.EnterAsync(third, Cancellation);
        ProblemException refusal = Assert.Throws<ProblemException>(() => Open(store, "four"));

        Assert.Null(store.Find(streams[1].Id, "two"));
        Assert.Equal(ProblemKinds.Overloaded, refusal.Kind);
        Assert.Equal([StreamMetrics.Number], _evictions);
    }

    [Fact]
    public void Closes_of_the_client_with_most_although_frames_of_all_its_streams_are_on_their_way()
    {
        StreamStore store = Store(most: 4);
        OpenStream quiet = Open(store, "quiet");
        _clock.Advance(TimeSpan.FromSeconds(1));
        OpenStream[] many = [.. Enumerable.Range(0, 3).Select(_ => Open(store, "many"))];
        IDisposable[] uploads = [.. many.Select(stream => store.Expect(stream.Id, "many")!.Value.Use)];

        OpenStream newcomer = Open(store, "new");

        Assert.Same(quiet, store.Find(quiet.Id, "quiet"));
        Assert.Same(newcomer, store.Find(newcomer.Id, "new"));
        Assert.Null(store.Find(many[0].Id, "many"));
        Assert.All(uploads, upload => upload.Dispose());
    }

    [Fact]
    public async Task Closes_no_stream_for_a_client_that_would_have_more_than_its_owner()
    {
        StreamStore store = Store(most: 3);
        OpenStream quiet = Open(store, "quiet");
        using IDisposable? first = await store.EnterAsync(Open(store, "many"), Cancellation);
        OpenStream second = Open(store, "many");

        OpenStream third = Open(store, "many");
        using IDisposable? use = await store.EnterAsync(third, Cancellation);
        ProblemException refusal = Assert.Throws<ProblemException>(() => Open(store, "many"));

        Assert.Same(quiet, store.Find(quiet.Id, "quiet"));
        Assert.Null(store.Find(second.Id, "many"));
        Assert.Equal(ProblemKinds.Overloaded, refusal.Kind);
    }

    [Fact]
    public void Never_holds_more_than_its_bytes_whatever_is_kept() => Gen.Int[0, 400].Array[40].Sample(states =>
    {
        StreamStore store = Store(bytes: 20_000, perClient: 100);
        OpenStream[] streams = [.. Enumerable.Range(0, 8).Select(_ => Open(store, "one"))];
        for (int i = 0; i < states.Length; i++)
        {
            Keep(store, streams[states[i] % streams.Length], states[i]);

            Assert.Equal(streams.Sum(stream => stream.Memory.Bytes), store.Bytes);
            Assert.InRange(store.Bytes, 0, 20_000);
        }
    });

    private static StreamMemory Memory(int state) => new() { Index = 7, Digest = "d", Kept = new KeptBytes(84, 4 * state) };

    private void Keep(StreamStore store, OpenStream stream, int state)
    {
        using IDisposable? turn = store.EnterAsync(stream, Cancellation).GetAwaiter().GetResult();
        store.Keep(stream, Memory(state));
    }

    private static void Touch(StreamStore store, OpenStream stream) => store.EnterAsync(stream, Cancellation).GetAwaiter().GetResult()!.Dispose();

    private OpenStream Open(StreamStore store, string client)
    {
        ServerSettings settings = AllSettings.Read();
        SolveGrant grant = SolveGrant.Of(
            SolveRequest.Parse([], ModelBudgets.Of(Server.Manifest, settings.Of<RequestLimits>(), [], isWatched: false, []), []), Server.Manifest, settings.Of<RequestLimits>());
        return store.Open(client, new StreamTerms
        {
            Model = Server.Model,
            Version = "1",
            Sha256 = Server.Hash,
            Grant = grant,
            Output = "application/json",
            IsWarm = true,
        });
    }

    private StreamStore Store(long bytes = 1 << 20, int perClient = 16, int most = 100, TimeSpan? idle = null)
    {
        IMeterFactory factory = _services.GetRequiredService<IMeterFactory>();
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, own) =>
            {
                if (instrument.Name == StreamMetrics.EvictionsName && instrument.Meter.Scope == factory)
                {
                    own.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((_, _, tags, _) => _evictions.Add((string)tags[0].Value!));
        listener.Start();
        var limits = new StreamLimits
        {
            PerClient = perClient,
            Most = most,
            Bytes = bytes,
            Idle = idle ?? TimeSpan.FromMinutes(1),
        };
        return new StreamStore(limits, _clock, new StreamMetrics(factory));
    }

    private sealed record KeptBytes(long OfFrame, long OfStart) : IKeptFrame
    {
        public long Bytes => OfFrame + OfStart;

        public bool HasStart => OfStart > 0;

        public IKeptFrame WithoutStart() => this with { OfStart = 0 };
    }
}
