using System.Net;
using System.Security.Cryptography;
using Deq.Api.Models;
using Deq.Api.Problems;
using Deq.Api.Requests;
using Deq.Api.Solving;
using Deq.Api.Specs.Servers;
using Deq.Api.Streams;
using Deq.Api.Tasks.Flow;
using Deq.Testing.Bundles;
using Microsoft.Extensions.DependencyInjection;

namespace Deq.Api.Specs.Requests;

public sealed class DecodingThreadsSpecs : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly DecodingThreads _threads = new(2, TimeProvider.System);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _threads.Dispose();

    [Fact]
    public async Task Have_one_free_for_others_while_a_client_keeps_them_busy()
    {
        using var open = new ManualResetEventSlim();
        Task<int>[] busy = [.. Enumerable.Range(0, 20).Select(i => _threads.RunAsync("one", () => Wait(open, i), Cancellation))];

        int other = await _threads.RunAsync("other", () => -1, Cancellation).WaitAsync(s_patience, Cancellation);

        Assert.Equal(-1, other);
        Assert.DoesNotContain(busy, work => work.IsCompleted);
        open.Set();
        Assert.Equal(Enumerable.Range(0, 20), await Task.WhenAll(busy));
    }

    [Fact]
    public async Task Hold_nothing_of_work_that_is_withdrawn_before_its_turn()
    {
        using var begun = new ManualResetEventSlim();
        using var open = new ManualResetEventSlim();
        using var alone = new DecodingThreads(1, TimeProvider.System);
        Task<bool> first = alone.RunAsync("first", () => Begin(begun, open), Cancellation);
        Assert.True(begun.Wait(s_patience, Cancellation));

        WeakReference held = await WithdrawnAsync(alone);

        // Off the stack of what has held it.
        await Task.Yield();
        Assert.True(SpinWait.SpinUntil(() => IsCollected(held), s_patience));
        open.Set();
        Assert.True(await first);

        static bool IsCollected(WeakReference held)
        {
            GC.Collect();
            return !held.IsAlive;
        }

        static bool Begin(ManualResetEventSlim begun, ManualResetEventSlim open)
        {
            begun.Set();
            return open.Wait(s_patience);
        }
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static async Task<WeakReference> WithdrawnAsync(DecodingThreads threads)
    {
        using var leave = new CancellationTokenSource();
        byte[] bytes = new byte[1000];
        Task<int> work = threads.RunAsync("second", () => bytes.Length, leave.Token);
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => work);
        return new WeakReference(bytes);
    }

    [Fact]
    public async Task Alternate_between_clients()
    {
        using var open = new ManualResetEventSlim();
        var order = new List<string>();
        using var alone = new DecodingThreads(1, TimeProvider.System);
        Task<int> first = alone.RunAsync("first", () => Wait(open, 0), Cancellation);
        Task<int>[] many = [.. Enumerable.Range(0, 20).Select(i => alone.RunAsync("many", () => Note("many"), Cancellation))];
        Task<int> few = alone.RunAsync("few", () => Note("few"), Cancellation);

        open.Set();
        await Task.WhenAll([first, few, .. many]);

        Assert.InRange(order.IndexOf("few"), 0, 1);

        int Note(string name)
        {
            order.Add(name);
            return SpinWait.SpinUntil(() => false, 2) ? 1 : 0;
        }
    }

    [Fact]
    public async Task Forget_work_whose_client_has_left()
    {
        using var open = new ManualResetEventSlim();
        using var leaving = new CancellationTokenSource();
        Task<int> running = _threads.RunAsync("one", () => Wait(open, 1), Cancellation);
        bool isDone = false;
        Task<bool> waiting = _threads.RunAsync("one", () => isDone = true, leaving.Token);

        await leaving.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        open.Set();
        await running;
        Assert.True(SpinWait.SpinUntil(() => _threads.Count == 0, s_patience));
        Assert.False(isDone);
    }

    [Fact]
    public async Task Refuse_more_than_a_share_of_the_places()
    {
        using var open = new ManualResetEventSlim();
        List<Task> taken = [];
        ProblemException? refusal = null;
        while (refusal is null)
        {
            Task<int> one = _threads.RunAsync("one", () => Wait(open, 0), Cancellation);
            refusal = one.IsFaulted ? one.Exception.InnerException as ProblemException : null;
            taken.Add(one);
        }

        int other = await _threads.RunAsync("other", () => 3, Cancellation);

        Assert.Equal((ProblemKinds.Overloaded, 3), (refusal.Kind, other));
        Assert.InRange(taken.Count, 100, 1500);
        open.Set();
        await Task.WhenAll(taken.SkipLast(1));
    }

    [Fact]
    public async Task Read_the_heads_of_a_pair_of_frames()
    {
        using var server = new FlowServer();
        using HttpClient client = server.CreateClient();
        DecodingThreads decoding = server.Services.GetRequiredService<DecodingThreads>();
        using var open = new ManualResetEventSlim();
        Task[] busy = Occupy(server.Services, open);

        Task<HttpResponseMessage> call = FlowServer.Post(client, FlowServer.Form([1, 2, 3], [4, 5, 6]));
        bool waits = SpinWait.SpinUntil(() => decoding.Count > busy.Length || call.IsCompleted, s_patience) && !call.IsCompleted;
        open.Set();

        using HttpResponseMessage response = await call.WaitAsync(s_patience, Cancellation);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, response.StatusCode);
        Assert.True(waits, "The heads were read while every decoding thread was busy.");
        await Task.WhenAll(busy);
    }

    [Fact]
    public async Task Read_the_head_and_compute_the_hash_of_a_frame_of_a_stream()
    {
        using var server = new StreamServer();
        StreamTerms terms = Terms(server.Services);
        byte[] bytes = [.. StreamServer.Frame(0), 0];
        using ModelLease lease = server.Services.GetRequiredService<ModelCatalogue>().Rent(TinyFlowBundle.Name);
        var frame = new StreamFrame
        {
            Stream = "s",
            Terms = terms,
            Model = lease.Model,
            Last = StreamMemory.None,
            Index = 0,
            Frame = new FrameBytes(bytes),
            Begun = TimeProvider.System.GetTimestamp(),
        };
        FlowStream task = server.Services.GetServices<IStreamedTask>().OfType<FlowStream>().Single();

        await WhileOccupied(server.Services, () => task.AnswerAsync(frame, Cancellation), () => bytes[^1] = 1);
        string expected = Convert.ToHexStringLower(SHA256.HashData(bytes));
        bytes[^1] = 2;

        Assert.Equal(expected, frame.Frame.Digest);
    }

    [Fact]
    public async Task Compute_the_hash_of_a_repeated_frame()
    {
        using var server = new StreamServer();
        byte[] bytes = [.. StreamServer.Frame(0), 0];
        byte[] last = [.. StreamServer.Frame(0), 1];
        var memory = new StreamMemory { Index = 3, Digest = Convert.ToHexStringLower(SHA256.HashData(last)), Frames = 4 };
        FrameTurns turns = server.Services.GetRequiredService<FrameTurns>();

        (FrameReply _, StreamMemory? kept) = await WhileOccupied(
            server.Services, () => turns.AnswerAsync(new FrameMessage("s", "one", 3, bytes), Terms(server.Services), memory, 0, Cancellation), () => bytes[^1] = 1);

        Assert.Null(kept);
    }

    /// <summary>Begins a call while every decoding thread is busy, changes what it was given once it waits for one, and gives its result.</summary>
    private static async Task<T> WhileOccupied<T>(IServiceProvider services, Func<Task<T>> call, Action change)
    {
        DecodingThreads decoding = services.GetRequiredService<DecodingThreads>();
        using var open = new ManualResetEventSlim();
        Task[] busy = Occupy(services, open);
        Task<T> answer = call();
        bool waits = SpinWait.SpinUntil(() => decoding.Count > busy.Length || answer.IsCompleted, s_patience) && !answer.IsCompleted;
        change();
        open.Set();
        Assert.True(waits, "The call was answered while every decoding thread was busy.");
        await Task.WhenAll(busy);
        return await answer.WaitAsync(s_patience, Cancellation);
    }

    /// <summary>Keeps all decoding threads of a server busy, each for another client.</summary>
    private static Task[] Occupy(IServiceProvider services, ManualResetEventSlim open)
    {
        using var begun = new CountdownEvent(services.GetRequiredService<RequestLimits>().DecodingThreads);
        DecodingThreads decoding = services.GetRequiredService<DecodingThreads>();
        Task[] busy =
        [
            .. Enumerable.Range(0, begun.InitialCount).Select(i => decoding.RunAsync(
                $"busy {i}",
                () =>
                {
                    begun.Signal();
                    return Wait(open, i);
                },
                Cancellation)),
        ];
        Assert.True(begun.Wait(s_patience, Cancellation));
        return busy;
    }

    private static StreamTerms Terms(IServiceProvider services) => StreamRequest.Parse(
        System.Text.Encoding.UTF8.GetBytes($$"""{"model":"{{TinyFlowBundle.Name}}"}"""),
        services.GetRequiredService<ModelCatalogue>(),
        services.GetRequiredService<BudgetCatalogue>(),
        services.GetRequiredService<RequestLimits>(),
        [.. services.GetServices<IStreamedTask>()],
        _ => null);

    private static int Wait(ManualResetEventSlim open, int value) => open.Wait(s_patience) ? value : -2;
}
