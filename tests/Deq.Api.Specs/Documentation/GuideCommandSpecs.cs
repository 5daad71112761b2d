using System.Text.Json;
using Deq.Testing;

namespace Deq.Api.Specs.Documentation;

/// <summary>Every command of the guides runs as printed, against the shipped models, and answers what is printed under it.</summary>
public sealed class GuideCommandSpecs : IAsyncLifetime
{
    /// <summary>Members that differ from run to run.</summary>
    private static readonly HashSet<string> s_volatile = new(StringComparer.Ordinal) { "ms", "spentMs", "queueMs", "traceId", "batch" };

    /// <summary>The fewest commands of each page.</summary>
    private static readonly Dictionary<string, int> s_fewest = new(StringComparer.Ordinal)
    {
        ["README.md"] = 12,
        ["docs/api.md"] = 7,
        ["docs/streams.md"] = 1,
        ["docs/reasoning.md"] = 5,
        ["docs/open-inference.md"] = 1,
        ["docs/restoration.md"] = 4,
        ["docs/trust.md"] = 1,
    };

    /// <summary>Pages whose commands need a picture of the reader's or a server with other settings, or are run by <see cref="ClientPageSpecs"/>.</summary>
    private static readonly string[] s_others = ["docs/add-a-model.md", "docs/clients/curl.md", "docs/operations.md"];

    private readonly GuideServer _server = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => _server.InitializeAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    public static TheoryData<string, int> Pages => new(s_fewest.Select(page => (page.Key, page.Value)));

    [Fact]
    public static void Every_page_with_commands_is_among_them()
    {
        string root = Repository.Folder();
        string[] pages = [.. Directory.GetFiles(Repository.Folder("docs"), "*.md", SearchOption.AllDirectories).Prepend(Repository.Folder("README.md"))
            .Where(page => GuideBlock.Of(File.ReadAllText(page)).Any(block => block.Language.Length == 0 && block.Text.Contains("curl ", StringComparison.Ordinal)))
            .Select(page => Path.GetRelativePath(root, page))];

        Assert.Equal(s_fewest.Keys.Concat(s_others).Order(StringComparer.Ordinal), pages.Order(StringComparer.Ordinal));
    }

    [Theory, MemberData(nameof(Pages))]
    public async Task Answer_what_is_printed_under_them(string page, int fewest)
    {
        Assert.SkipUnless(File.Exists("/bin/bash"), "There is no bash here.");
        GuideBlock[] commands = [.. GuideBlock.Of(await File.ReadAllTextAsync(Repository.Folder(page.Split('/')), Cancellation))
            .Where(block => block.Language.Length == 0 && block.Text.Contains("curl ", StringComparison.Ordinal))];

        Assert.True(commands.Length >= fewest, $"{commands.Length}");
        foreach (GuideBlock command in commands)
        {
            string output = await _server.RunAsync("/bin/bash", "-ec", _server.Aimed(command.Text));
            if (command.Answer is { } answer)
            {
                AssertSame(answer, output, command.Text);
            }
        }
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
