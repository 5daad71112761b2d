using System.Text.Json;
using System.Text.Json.Serialization;

namespace Deq.Benchmarks;

/// <summary>Where a benchmark's numbers go: the table to the console and to <c>--markdown</c>, the numbers to <c>--json</c>.</summary>
internal sealed class Report
{
    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    private readonly Dictionary<string, string> _options;

    private Report(Dictionary<string, string> options) => _options = options;

    /// <summary>The value of an option, or null when it was not given.</summary>
    public string? this[string option] => _options.GetValueOrDefault(option);

    /// <summary>Reads <c>--name value</c> pairs; complains on the console and returns null when there is anything else.</summary>
    /// <param name="arguments">What followed the benchmark's name.</param>
    /// <param name="further">The options that this benchmark knows beside <c>--json</c> and <c>--markdown</c>.</param>
    public static Report? Read(string[] arguments, params string[] further)
    {
        string[] known = ["--json", "--markdown", .. further];
        var options = new Dictionary<string, string>();
        for (int i = 0; i < arguments.Length; i += 2)
        {
            if (!known.Contains(arguments[i]) || i + 1 == arguments.Length || !options.TryAdd(arguments[i], arguments[i + 1]))
            {
                Console.Error.WriteLine($"'{arguments[i]}' is unknown, given twice or without its value; known are {string.Join(", ", known)}.");
                return null;
            }
        }

        return new Report(options);
    }

    /// <summary>The numbers that <c>--json</c> holds from an earlier run; null where there are none.</summary>
    public T? Earlier<T>()
        where T : class =>
        this["--json"] is { } json && File.Exists(json) ? JsonSerializer.Deserialize<T>(File.ReadAllText(json), Json) : null;

    /// <summary>Prints a page and writes what was asked for.</summary>
    /// <param name="page">Markdown.</param>
    /// <param name="numbers">What the page shows, as lists of records.</param>
    public void Write(string page, object numbers)
    {
        Console.WriteLine(page);
        if (this["--json"] is { } json)
        {
            File.WriteAllText(json, JsonSerializer.Serialize(numbers, Json) + "\n");
        }

        if (this["--markdown"] is { } markdown)
        {
            File.WriteAllText(markdown, page.ReplaceLineEndings("\n"));
        }
    }
}
