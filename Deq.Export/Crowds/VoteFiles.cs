using System.Globalization;
using System.Text.Json;
using CsvHelper;
using CsvHelper.Configuration;
using Deq.Export.Datasets;

namespace Deq.Export.Crowds;

/// <summary>One answer as a file gives it.</summary>
/// <param name="Task">The item's name.</param>
/// <param name="Worker">Who answered.</param>
/// <param name="Label">With what.</param>
internal sealed record CrowdAnswer(string Task, string Worker, string Label);

/// <summary>Reads answers and gold labels: CSV with a header, or peerannot's <c>answers.json</c>, <c>{task: {worker: label}}</c>.</summary>
internal static class VoteFiles
{
    private static readonly string[] s_taskNames = ["task", "item"];
    private static readonly CsvConfiguration s_format = new(CultureInfo.InvariantCulture)
    {
        PrepareHeaderForMatch = header => header.Header.Trim().ToUpperInvariant(),
        TrimOptions = TrimOptions.Trim,
        MissingFieldFound = null,
        HeaderValidated = null,
    };

    /// <summary>Reads the answers of a crowd.</summary>
    /// <param name="path">A <c>.json</c> file, or CSV with columns <c>task</c> or <c>item</c>, <c>worker</c>, <c>label</c> in any order, others ignored.</param>
    /// <exception cref="DatasetException">No such file, or one that will not do; the message names the line.</exception>
    public static IReadOnlyList<CrowdAnswer> Answers(string path)
    {
        List<CrowdAnswer> answers = path.EndsWith(".json", StringComparison.OrdinalIgnoreCase)
            ? Json(path)
            : [.. Rows(path, [s_taskNames, ["worker"], ["label"]]).Select(row => new CrowdAnswer(row[0], row[1], row[2]))];
        return answers.Count > 0 ? answers : throw new DatasetException(path, "It has no answers.");
    }

    /// <summary>Reads the known truth of tasks.</summary>
    /// <param name="path">CSV with columns <c>task</c> or <c>item</c>, and <c>truth</c>.</param>
    /// <exception cref="DatasetException">No such file, one that will not do, or two truths of one task.</exception>
    public static IReadOnlyDictionary<string, string> Gold(string path)
    {
        Dictionary<string, string> truths = [];
        foreach (string[] row in Rows(path, [s_taskNames, ["truth"]]))
        {
            if (!truths.TryAdd(row[0], row[1]) && truths[row[0]] != row[1])
            {
                throw new DatasetException(path, $"Task '{row[0]}' has two truths, '{truths[row[0]]}' and '{row[1]}'.");
            }
        }

        return truths.Count > 0 ? truths : throw new DatasetException(path, "It has no truths.");
    }

    private static List<string[]> Rows(string path, string[][] columns)
    {
        MustExist(path);
        using var reader = new StreamReader(path);
        using var csv = new CsvReader(reader, s_format);
        List<string[]> rows = [];
        try
        {
            if (!csv.Read() || !csv.ReadHeader())
            {
                throw new DatasetException(path, "It is empty; the first line names the columns.");
            }

            int[] places = [.. columns.Select(names => Place(path, csv.HeaderRecord!, names))];
            while (csv.Read())
            {
                string[] row = [.. places.Select(place => csv.GetField(place) ?? "")];
                int missing = Array.IndexOf(row, "");
                rows.Add(missing < 0
                    ? row
                    : throw new DatasetException(path, $"Line {csv.Parser.RawRow} has no {columns[missing][0]}."));
            }
        }
        catch (BadDataException damage)
        {
            throw new DatasetException(path, $"Line {csv.Parser.RawRow} is no CSV: {csv.Parser.RawRecord.Trim()}", damage);
        }

        return rows;
    }

    private static int Place(string path, string[] header, string[] names)
    {
        int place = Array.FindIndex(header, column => names.Contains(column.Trim(), StringComparer.OrdinalIgnoreCase));
        return place >= 0
            ? place
            : throw new DatasetException(path, $"It has no column {string.Join(" or ", names)}; its columns are {string.Join(", ", header)}.");
    }

    private static List<CrowdAnswer> Json(string path)
    {
        MustExist(path);
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
            return
            [
                .. document.RootElement.EnumerateObject().SelectMany(task => task.Value.EnumerateObject()
                    .Select(vote => new CrowdAnswer(task.Name, vote.Name, Label(path, task.Name, vote)))),
            ];
        }
        catch (Exception damage) when (damage is JsonException or InvalidOperationException)
        {
            throw new DatasetException(path, $"It is no JSON of the form {{\"task\": {{\"worker\": label}}}}: {damage.Message}", damage);
        }
    }

    private static string Label(string path, string task, JsonProperty vote) => vote.Value.ValueKind switch
    {
        JsonValueKind.String when vote.Value.GetString() is { Length: > 0 } text => text,
        JsonValueKind.Number => vote.Value.GetRawText(),
        JsonValueKind.True or JsonValueKind.False => vote.Value.GetRawText(),
        _ => throw new DatasetException(path, $"Worker '{vote.Name}' gives task '{task}' the label {vote.Value.GetRawText()}; a label is a text or a number."),
    };

    private static void MustExist(string path)
    {
        if (!File.Exists(path))
        {
            throw new DatasetException(path, "There is no such file.");
        }
    }
}
