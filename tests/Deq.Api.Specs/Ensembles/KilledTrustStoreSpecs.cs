using System.Diagnostics;
using Deq.Api.Ensembles;
using Deq.Testing;
using Deq.Testing.Bundles;

namespace Deq.Api.Specs.Ensembles;

/// <summary>A store in a process of its own that is killed while clients give feedback.</summary>
public sealed class KilledTrustStoreSpecs
{
    private const string FolderVariable = "DEQ_KILLED_TRUST_STORE";
    private const int Clients = 16;

    /// <summary>How many feedbacks are acknowledged before the process is killed; DEQ_FEEDBACKS asks for more than the usual 300.</summary>
    private static readonly int Acknowledged = int.Parse(Environment.GetEnvironmentVariable("DEQ_FEEDBACKS") ?? "300");

    [Fact]
    public async Task A_process_that_is_killed_loses_no_acknowledged_feedback()
    {
        using var folder = new TemporaryFolder();
        using Process process = Start(folder.Path);
        List<string> acknowledged = await Bounded.Wait(process, $"{Acknowledged} acknowledged feedbacks", end => ReadAsync(process, end), TestContext.Current.CancellationToken);

        process.Kill();
        await Bounded.Wait(process, "The end of the process that was killed", end => EndAsync(process, end), TestContext.Current.CancellationToken);

        await using TrustStore store = TrustStore.Open(folder["trust.db"], TimeProvider.System);
        Assert.Equal(Acknowledged, acknowledged.Count);
        FeedbackOutcome[] again = await Task.WhenAll(acknowledged.Select(id => store.Feedback("pets", id, "cat")));
        Assert.All(again, outcome => Assert.Equal(FeedbackOutcome.Repeated, outcome));

        Assert.Equal(store.Recount("pets"), store.Members("pets"));
        Assert.InRange(store.Members("pets").Sum(count => count.Right), Acknowledged, double.PositiveInfinity);
    }

    /// <summary>What the process does until it is killed.</summary>
    [Fact(Explicit = true)]
    public async Task The_process_that_is_killed()
    {
        string? folder = Environment.GetEnvironmentVariable(FolderVariable);
        Assert.NotNull(folder);
        await using TrustStore store = TrustStore.Open(Path.Combine(folder, "trust.db"), TimeProvider.System);
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(client => Task.Run(async () =>
        {
            for (int i = 0; ; i++)
            {
                string id = $"{client}-{i}";
                await store.Add(new(id, "pets", "cat", 0.9, new Dictionary<string, string> { ["wide"] = "cat" }, $"{client}"));
                await store.Feedback("pets", id, "cat");
                await Console.Error.WriteLineAsync($"acknowledged {id}");
            }
        })));
    }

    /// <summary>The first feedbacks that the process acknowledges; fewer where it ends before.</summary>
    private static async Task<List<string>> ReadAsync(Process process, CancellationToken cancellation)
    {
        List<string> acknowledged = [];
        while (acknowledged.Count < Acknowledged && await process.StandardError.ReadLineAsync(cancellation) is { } line)
        {
            if (line.StartsWith("acknowledged ", StringComparison.Ordinal))
            {
                acknowledged.Add(line.Split(' ')[1]);
            }
        }

        return acknowledged;
    }

    private static async Task<int> EndAsync(Process process, CancellationToken cancellation)
    {
        await process.WaitForExitAsync(cancellation);
        return process.ExitCode;
    }

    private static Process Start(string folder)
    {
        var start = new ProcessStartInfo(
            "dotnet",
            [
                typeof(KilledTrustStoreSpecs).Assembly.Location, "-explicit", "only", "-method",
                $"{typeof(KilledTrustStoreSpecs).FullName}.{nameof(The_process_that_is_killed)}",
            ])
        {
            UseShellExecute = false,
            RedirectStandardError = true,
        };
        start.Environment[FolderVariable] = folder;
        return Process.Start(start)!;
    }
}
