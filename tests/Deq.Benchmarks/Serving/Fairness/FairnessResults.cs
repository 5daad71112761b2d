using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using Deq.Testing;

namespace Deq.Benchmarks.Serving.Fairness;

/// <summary>What one client's attacks cost another, what clients that hang up leave behind, what a small container bears, and how soon the server stops.</summary>
internal static partial class FairnessResults
{
    /// <summary>The address from which attacks come.</summary>
    public const string Attacker = "127.0.0.2";

    /// <summary>Small questions asked during an attack, in each round.</summary>
    public const int Questions = 100;

    /// <summary>How often every attack has its turn: a machine that is slow for a while is slow for all of them.</summary>
    public const int Rounds = 3;

    private const string Other = "127.0.0.3";
    private const string Probe = "127.0.0.4";

    private static readonly string[] s_rows = ["attacks", "hang-ups", "memory", "stops"];

    private static readonly string[] s_stops = ["none", "idle connections", "half a head", "half an upload", "an open socket", "a solve under way"];

    private static readonly JsonSerializerOptions s_json = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase, NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };

    public static int Run(string[] arguments)
    {
        if (arguments is [AttackingProcess.Option, string attack, string server])
        {
            return AttackingProcess.Run(attack, new Uri(server));
        }

        if (Report.Read(arguments, "--attack", "--row") is not { } report)
        {
            return 2;
        }

        if (report["--attack"] is { } only)
        {
            FairnessRow[] attacks = [.. AttackAsync(only).GetAwaiter().GetResult()];
            Console.WriteLine(string.Join('\n', attacks.Select(row => FairnessPage.Line(row, attacks[0].P99Ms) + string.Join("; ", row.Failures))));
            return 0;
        }

        if (report["--row"] is { } row && !s_rows.Contains(row))
        {
            Console.Error.WriteLine($"'{row}' is no row; there are {string.Join(", ", s_rows)}.");
            return 2;
        }

        FairnessNumbers numbers = MeasureAsync(Earlier(report["--json"]), report["--row"]).GetAwaiter().GetResult();
        report.Write(FairnessPage.Of(numbers), numbers);
        return 0;
    }

    /// <summary>Measures one row, or all, and keeps what an earlier run found of the others.</summary>
    private static async Task<FairnessNumbers> MeasureAsync(FairnessNumbers earlier, string? row) => new()
    {
        Attacks = row is null or "attacks" ? await AttackAsync(null) : earlier.Attacks,
        HangUps = row is null or "hang-ups" ? await HangUps.MeasureAsync(Attacker, HeldBytesAsync) : earlier.HangUps,
        Memory = row is null or "memory" ? await LimitedMemory.MeasureAsync() : earlier.Memory,
        Stops = row is null or "stops" ? await StopsAsync() : earlier.Stops,
    };

    private static FairnessNumbers Earlier(string? path) =>
        path is not null && File.Exists(path) ? JsonSerializer.Deserialize<FairnessNumbers>(File.ReadAllText(path), s_json) ?? new() : new();

    private static async Task<IReadOnlyList<StopRow>> StopsAsync()
    {
        List<StopRow> rows = [];
        foreach (string clients in s_stops)
        {
            rows.Add(await StopAsync(clients));
        }

        return rows;
    }

    /// <param name="only">The name of an attack begins so; null for all.</param>
    private static async Task<List<FairnessRow>> AttackAsync(string? only)
    {
        Attack?[] attacks = [null, .. Attack.All.Where(attack => attack.Name.StartsWith(only ?? "", StringComparison.Ordinal))];
        var felt = attacks.Select(attack => new FeltAttack(attack?.Name ?? "none")).ToList();
        using ApiProcess server = ApiProcess.Start(Repository.Folder("models"));
        await MeasureAsync(server, null, new FeltAttack("before"), Questions / 2);
        for (int round = 0; round < Rounds; round++)
        {
            for (int i = 0; i < attacks.Length; i++)
            {
                await MeasureAsync(server, attacks[i], felt[i], Questions);
            }
        }

        return felt.ConvertAll(one => one.Row);
    }

    private static async Task MeasureAsync(ApiProcess server, Attack? attack, FeltAttack felt, int questions)
    {
        byte[] picture = AttackImages.Noise(28, 28, 3);
        using HttpClient other = new ClientAddress(server.Address, Other).NewClient();
        using HttpClient probe = new ClientAddress(server.Address, Probe).NewClient();
        IDisposable? attacking = attack is null ? null : AttackingProcess.Start(attack, server.Address);
        await Task.Delay(TimeSpan.FromSeconds(3));
        Task<SmallAnswer[]> asking = SmallQuestions.AskAsync(other, Classification, questions);
        SmallAnswer[] live = await SmallQuestions.AskAsync(probe, () => new HttpRequestMessage(HttpMethod.Get, "/healthz/live"), questions);
        SmallAnswer[] answers = await asking;
        attacking?.Dispose();
        await Task.Delay(TimeSpan.FromSeconds(2));
        felt.Note(answers, live, await HeldBytesAsync(server));

        HttpRequestMessage Classification()
        {
            var content = new ByteArrayContent(picture);
            content.Headers.ContentType = new("image/png");
            return new HttpRequestMessage(HttpMethod.Post, "/api/v1/models/fashion-mnist/classify") { Content = content };
        }
    }

    private static async Task<StopRow> StopAsync(string clients)
    {
        using ApiProcess server = ApiProcess.Start(Repository.Folder("models"));
        var client = new ClientAddress(server.Address, Attacker);
        List<Socket> sockets = [];
        byte[] picture = AttackImages.Noise(64, 64, 1);
        byte[][] sent = clients switch
        {
            "idle connections" => [.. Enumerable.Repeat(client.Head("GET", "/healthz/live", "text/plain", 0), 50)],
            "half a head" => ["POST /api/v1/mod"u8.ToArray()],
            "half an upload" => [[.. client.Head("POST", "/api/v1/models/fashion-mnist/classify", "image/png", 1_000_000), .. new byte[900_000]]],
            "a solve under way" => [[.. client.Head("POST", "/api/v1/models/fashion-mnist/classify?tolerance=1e-6&maxEvaluations=1000&deadlineMs=60000", "image/png", picture.Length), .. picture]],
            "an open socket" => [client.Head("GET", await StreamAsync(server) + "/ws", "text/plain", 0,
                "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n")],
            _ => [],
        };
        foreach (byte[] bytes in sent)
        {
            sockets.Add(await client.ConnectAsync());
            await sockets[^1].SendAsync(bytes);
        }

        await Task.Delay(TimeSpan.FromMilliseconds(clients == "a solve under way" ? 20 : 500));
        (int exitCode, TimeSpan time) = server.Terminate();
        sockets.ForEach(socket => socket.Dispose());
        return new StopRow { Clients = clients, ExitCode = exitCode, Seconds = time.TotalSeconds };
    }

    private static async Task<string> StreamAsync(ApiProcess server)
    {
        using var content = new StringContent("""{"model":"flow"}""", Encoding.UTF8, "application/json");
        using HttpResponseMessage response = await server.Client.PostAsync("/api/v1/streams", content);
        return response.EnsureSuccessStatusCode().Headers.Location!.ToString();
    }

    private static async Task<double> HeldBytesAsync(ApiProcess server) =>
        double.Parse(HeldBytes().Match(await server.Client.GetStringAsync("/metrics")).Groups["bytes"].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^deq_held_bytes(?:\{[^}]*\})? (?<bytes>[0-9.eE+]+)", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex HeldBytes();
}
