using System.Diagnostics;
using System.Text.Json;
using Deq.Api.Specs.Servers;
using Deq.Testing;
using Deq.Testing.Bundles;

namespace Deq.Api.Specs.Documentation;

/// <summary>Every command and every client of the guides runs as printed, against the shipped models, and answers what is printed under it.</summary>
public sealed class GuideCommandSpecs : IAsyncLifetime
{
    private const string Address = "http://127.0.0.1:8080";

    /// <summary>Members that differ from run to run.</summary>
    private static readonly HashSet<string> s_volatile = new(StringComparer.Ordinal) { "ms", "spentMs", "queueMs", "traceId", "batch" };

    private readonly TemporaryFolder _folder = new();
    private ServerProcess? _server;
    private HttpClient? _client;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Directory.CreateSymbolicLink(_folder["docs"], Repository.Folder("docs"));
        File.Copy(Repository.Folder("README.md"), _folder["README.md"]);
        (_server, _client) = await ServerProcess.Start(
            $"--Models:Directory={Repository.Folder("models")}", $"--Ensembles:Database={_folder["trust.db"]}");
    }

    public async ValueTask DisposeAsync()
    {
        _client?.Dispose();
        await (_server?.DisposeAsync() ?? ValueTask.CompletedTask);
        _folder.Dispose();
    }

    [Theory]
    [InlineData("README.md", 12)]
    [InlineData("docs/api.md", 7)]
    [InlineData("docs/streams.md", 1)]
    [InlineData("docs/reasoning.md", 5)]
    [InlineData("docs/open-inference.md", 1)]
    [InlineData("docs/restoration.md", 4)]
    public async Task Answer_what_is_printed_under_them(string page, int fewest)
    {
        Assert.SkipUnless(File.Exists("/bin/bash"), "There is no bash here.");
        GuideBlock[] commands = [.. GuideBlock.Of(await File.ReadAllTextAsync(Repository.Folder(page.Split('/')), Cancellation))
            .Where(block => block.Language.Length == 0 && block.Text.Contains("curl ", StringComparison.Ordinal))];

        Assert.True(commands.Length >= fewest, $"{commands.Length}");
        foreach (GuideBlock command in commands)
        {
            string output = await Run("/bin/bash", "-ec", Aimed(command.Text));
            if (command.Answer is { } answer)
            {
                AssertSame(answer, output, command.Text);
            }
        }
    }

    [Theory]
    [InlineData("python", "python", "python3")]
    [InlineData("javascript", "js", "node")]
    [InlineData("csharp", "csharp", "dotnet")]
    [InlineData("open-inference", "python", "python3")]
    [InlineData("open-inference", "js", "node")]
    public async Task Print_what_is_printed_under_a_client(string page, string language, string program)
    {
        string? path = Environment.GetEnvironmentVariable("PATH")?.Split(Path.PathSeparator).Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);
        Assert.SkipWhen(path is null, $"There is no {program} here.");
        GuideBlock client = GuideBlock.Of(await File.ReadAllTextAsync(Repository.Folder("docs", "clients", page + ".md"), Cancellation))
            .Single(block => block.Language == language);
        string file = _folder[language switch { "js" => "client.mjs", "csharp" => "client.cs", _ => "client.py" }];
        await File.WriteAllTextAsync(file, client.Text, Cancellation);

        string[] run = language == "csharp" ? ["run", file] : [file];
        string output = await Run(path!, [.. run, _client!.BaseAddress!.ToString().TrimEnd('/')]);

        Assert.Equal(client.Answer!.Trim(), output.Trim());
    }

    private string Aimed(string script) => script.Replace(Address, _client!.BaseAddress!.ToString().TrimEnd('/'), StringComparison.Ordinal);

    private async Task<string> Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = _folder.Path,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,

            // The SDK's first run would leave a certificate in the user's store, and its compiler would stay and keep the output open.
            Environment = { ["DOTNET_GENERATE_ASPNET_CERTIFICATE"] = "false", ["UseSharedCompilation"] = "false", ["MSBUILDDISABLENODEREUSE"] = "1" },
        })!;
        Task<string> errors = process.StandardError.ReadToEndAsync(Cancellation);
        string output = await process.StandardOutput.ReadToEndAsync(Cancellation);
        await process.WaitForExitAsync(Cancellation);
        Assert.True(process.ExitCode == 0, $"{string.Join(' ', arguments)}\n{output}\n{await errors}");
        return output;
    }

    private static void AssertSame(string printed, string output, string command)
    {
        if (printed.TrimStart().StartsWith('{'))
        {
            AssertSame(JsonElement.Parse(printed), JsonElement.Parse(output), command);
            return;
        }

        string[] expected = Lines(printed);
        string[] actual = Lines(output);
        Assert.True(expected.Length == actual.Length, $"{command}\n{output}");
        foreach ((string one, string other) in expected.Zip(actual))
        {
            if (one.StartsWith("data: ", StringComparison.Ordinal))
            {
                AssertSame(JsonElement.Parse(one[6..]), JsonElement.Parse(other[6..]), command);
            }
            else
            {
                Assert.Equal(one, other);
            }
        }
    }

    /// <summary>The name of an ensemble's answer, drawn anew each time; no answer to a puzzle looks so.</summary>
    private static bool IsAnswerName(string text) => text.Length == 16 && text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '_' or '-');

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static void AssertSame(JsonElement printed, JsonElement answered, string place)
    {
        Assert.True(printed.ValueKind == answered.ValueKind, $"{place}: {answered}");
        switch (printed.ValueKind)
        {
            case JsonValueKind.Object:
                Assert.Equal(printed.EnumerateObject().Select(member => member.Name), answered.EnumerateObject().Select(member => member.Name));
                foreach (JsonProperty member in printed.EnumerateObject().Where(member => !s_volatile.Contains(member.Name)))
                {
                    AssertSame(member.Value, answered.GetProperty(member.Name), $"{place} {member.Name}");
                }

                break;
            case JsonValueKind.String when place.EndsWith(" answer", StringComparison.Ordinal) && IsAnswerName(answered.ToString()):
                Assert.True(IsAnswerName(printed.ToString()), place);
                break;
            case JsonValueKind.Array:
                Assert.True(printed.GetArrayLength() == answered.GetArrayLength(), $"{place}: {answered}");
                foreach ((JsonElement one, JsonElement other) in printed.EnumerateArray().Zip(answered.EnumerateArray()))
                {
                    AssertSame(one, other, place);
                }

                break;
            case JsonValueKind.Number:
                // Other processors round in another order.
                double most = 1e-3 * Math.Max(1e-3, Math.Abs(printed.GetDouble()));
                Assert.True(Math.Abs(printed.GetDouble() - answered.GetDouble()) <= most, $"{place}: {answered} instead of {printed}");
                break;
            default:
                Assert.True(printed.ToString() == answered.ToString(), $"{place}: {answered} instead of {printed}");
                break;
        }
    }
}
