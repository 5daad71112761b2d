using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using Deq.Benchmarks.Serving;
using Deq.Export.RandomNumbers;
using Deq.Export.Tasks.Reasoning.Puzzles;
using Deq.Runtime.Tasks.Reasoning;
using Deq.Testing;

namespace Deq.Benchmarks.Reasoning;

/// <summary>A thousand puzzles of three models and many sizes, posted to the server at once, each under a deadline.</summary>
/// <param name="seed">Decides the puzzles.</param>
internal sealed class ManyPuzzles(int seed)
{
    private const int Stream = 23;
    private const int AtOnce = 16;

    private static readonly (string Model, int Size, int Most, int Count)[] s_mix =
    [
        ("sudoku", 36, 81, 150), ("sudoku", 30, 35, 150), ("sudoku", 24, 29, 100), ("maze", 9, 9, 150), ("maze", 15, 15, 100), ("maze", 33, 33, 50),
        ("prefix-sum", 16, 16, 150), ("prefix-sum", 64, 64, 100), ("prefix-sum", 512, 512, 50),
    ];

    /// <summary>Posts them all.</summary>
    /// <param name="deadlineMs">Of each request, milliseconds.</param>
    public ManyPuzzlesResult Measure(int deadlineMs)
    {
        (string Model, string Body)[] requests = [.. s_mix.SelectMany((part, place) => Drawn(part.Model, part.Size, part.Most, part.Count, place, deadlineMs))];
        var random = new Random(seed);
        random.Shuffle(requests);
        using var server = ApiProcess.Start(Repository.Folder("models"));

        // The first of each size open lanes and compile code; they do not count.
        foreach ((string model, string body) in s_mix.SelectMany((part, place) => Drawn(part.Model, part.Size, part.Most, 1, place, deadlineMs)))
        {
            PostAsync(server.Client, model, body, CancellationToken.None).Wait();
        }

        var answers = new ConcurrentBag<Answer>();
        long began = Stopwatch.GetTimestamp();
        Parallel.ForEachAsync(requests, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (request, cancellation) =>
            answers.Add(await PostAsync(server.Client, request.Model, request.Body, cancellation))).Wait();
        return ManyPuzzlesResult.Of([.. answers], deadlineMs, AtOnce, Stopwatch.GetElapsedTime(began));
    }

    private IEnumerable<(string Model, string Body)> Drawn(string model, int least, int most, int count, int place, int deadlineMs)
    {
        IPuzzleSource source = PuzzleCatalogue.Make(new PuzzleRecipe { Kind = model, Least = least, Most = most, Pool = int.MaxValue, PoolSeed = seed });
        IAnswerChecker checker = AnswerCheckers.Find(model)!;
        TokenLayout layout = model switch
        {
            "maze" => TokenLayout.Lines,
            "sudoku" => TokenLayout.Cells,
            _ => TokenLayout.Line,
        };
        var text = new TokenText(layout, checker.Vocabulary);
        for (int item = 0; item < count; item++)
        {
            var random = new SplitMix64(seed, Stream + place, item);
            yield return (model, JsonSerializer.Serialize(new { input = text.Write(source.Draw(ref random, 1)[0].Question), deadlineMs }));
        }
    }

    private static async Task<Answer> PostAsync(HttpClient client, string model, string body, CancellationToken cancellation)
    {
        long began = Stopwatch.GetTimestamp();
        using var content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        using HttpResponseMessage response = await client.PostAsync(new Uri($"/api/v1/models/{model}/reason", UriKind.Relative), content, cancellation);
        if (!response.IsSuccessStatusCode)
        {
            return new Answer(model, Stopwatch.GetElapsedTime(began), null, (int)response.StatusCode);
        }

        JsonElement answer = await response.Content.ReadFromJsonAsync<JsonElement>(cancellation);
        return new Answer(model, Stopwatch.GetElapsedTime(began), answer.GetProperty("result"), 200);
    }

    /// <summary>What came back.</summary>
    internal sealed record Answer(string Model, TimeSpan Elapsed, JsonElement? Result, int Status);
}

/// <summary>What became of the puzzles.</summary>
internal sealed record ManyPuzzlesResult
{
    /// <summary>Puzzles posted.</summary>
    public required int Posted { get; init; }

    /// <summary>Requests under way at one time.</summary>
    public required int AtOnce { get; init; }

    /// <summary>Of each request, milliseconds.</summary>
    public required int DeadlineMs { get; init; }

    /// <summary>Without an answer: refused or failed.</summary>
    public required int Lost { get; init; }

    /// <summary>Answered after the deadline, by the client's clock.</summary>
    public required int Late { get; init; }

    /// <summary>Answers whose state had come to rest.</summary>
    public required int Settled { get; init; }

    /// <summary>Valid answers.</summary>
    public required int Valid { get; init; }

    /// <summary>Settled answers that are not valid.</summary>
    public required int SettledButWrong { get; init; }

    /// <summary>Milliseconds by the client's clock.</summary>
    public required double MedianMs { get; init; }

    /// <summary>99 % took no longer.</summary>
    public required double MostOf99PercentMs { get; init; }

    /// <summary>Seconds for all.</summary>
    public required double Seconds { get; init; }

    public static ManyPuzzlesResult Of(ManyPuzzles.Answer[] answers, int deadlineMs, int atOnce, TimeSpan elapsed)
    {
        JsonElement[] results = [.. answers.Where(answer => answer.Result is not null).Select(answer => answer.Result!.Value)];
        double[] times = [.. answers.Select(answer => answer.Elapsed.TotalMilliseconds).Order()];
        return new ManyPuzzlesResult
        {
            Posted = answers.Length,
            AtOnce = atOnce,
            DeadlineMs = deadlineMs,
            Lost = answers.Length - results.Length,
            Late = answers.Count(answer => answer.Elapsed.TotalMilliseconds > deadlineMs),
            Settled = results.Count(Is("settled")),
            Valid = results.Count(Is("valid")),
            SettledButWrong = results.Count(result => Is("settled")(result) && !Is("valid")(result)),
            MedianMs = Math.Round(times[times.Length / 2], 1),
            MostOf99PercentMs = Math.Round(times[(int)(0.99 * (times.Length - 1))], 1),
            Seconds = Math.Round(elapsed.TotalSeconds, 1),
        };

        static Func<JsonElement, bool> Is(string member) => result => result.GetProperty(member).GetBoolean();
    }

    /// <summary>In words.</summary>
    public string Sentence() => FormattableString.Invariant($"""
        {Posted} puzzles, Sudokus of 24 to 81 givens, mazes of 9 to 33 and bits of 16 to 512, in mixed order, {AtOnce} requests under way at a time, each with a deadline of {DeadlineMs} ms, after one of each size: {Late} late, {Lost} lost.
        {Settled} settled, {Valid} valid, {SettledButWrong} settled but wrong. Median {MedianMs} ms, 99 % within {MostOf99PercentMs} ms, {Seconds} s in all, on a machine that other work shared.
        """);
}
