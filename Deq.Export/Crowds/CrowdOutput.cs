using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using CsvHelper;
using Spectre.Console;

namespace Deq.Export.Crowds;

/// <summary>A report as JSON, as CSV, and as tables for the console.</summary>
internal static class CrowdOutput
{
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>The whole report.</summary>
    public static string Json(CrowdReport report) => JsonSerializer.Serialize(report, s_json) + "\n";

    /// <summary>One line for each task, or for each worker.</summary>
    /// <param name="rows">The items or the workers of a report.</param>
    public static string Csv<T>(IReadOnlyList<T> rows)
    {
        using var text = new StringWriter(CultureInfo.InvariantCulture) { NewLine = "\n" };
        using (var csv = new CsvWriter(text, new CsvHelper.Configuration.CsvConfiguration(CultureInfo.InvariantCulture)
        {
            NewLine = "\n",
            PrepareHeaderForMatch = header => header.Header,
        }))
        {
            foreach (System.Reflection.PropertyInfo column in Columns<T>())
            {
                csv.WriteField(JsonNamingPolicy.CamelCase.ConvertName(column.Name));
            }

            foreach (T row in rows)
            {
                csv.NextRecord();
                foreach (System.Reflection.PropertyInfo column in Columns<T>())
                {
                    csv.WriteField(column.GetValue(row));
                }
            }

            csv.NextRecord();
        }

        return text.ToString();
    }

    /// <summary>What a person reads first.</summary>
    public static void Print(CrowdReport report, IAnsiConsole console)
    {
        var table = new Table().Border(TableBorder.Markdown).AddColumns("decided by", "right on tasks of known truth", "believed of the others");
        CrowdItem[] known = [.. report.Items.Where(item => item.Truth is not null)];
        table.AddRow("majority", Share(known, item => item.Majority), "");
        table.AddRow($"weighted ({report.Weights})", Share(known, item => item.Weighted), Percent(report.Believed));
        table.AddRow("weighted, corrected", "", report.BelievedCorrected is double corrected ? Percent(corrected) : "");
        table.AddRow("Dawid–Skene, one coin", Share(known, item => item.DawidSkene), "");
        console.Write(table);
        console.WriteLine(
            $"{report.Items.Count} tasks, {report.Workers.Count} workers, temperature {(report.Temperature is double t ? $"{t:F2}" : "unknown")}, "
            + $"estimated trust costs at most {Percent(report.GapBound)} if votes are independent.");
        foreach (string warning in report.Warnings)
        {
            console.WriteLine($"Warning: {warning}");
        }
    }

    private static string Share(CrowdItem[] known, Func<CrowdItem, string> label) =>
        known.Length == 0 ? "" : $"{Percent(known.Average(item => label(item) == item.Truth ? 1.0 : 0))} of {known.Length}";

    private static string Percent(double share) => $"{100 * share:F1} %";

    private static IEnumerable<System.Reflection.PropertyInfo> Columns<T>() => typeof(T).GetProperties()
        .Where(property => property.GetCustomAttributes(typeof(System.Text.Json.Serialization.JsonIgnoreAttribute), inherit: false).Length == 0);
}
