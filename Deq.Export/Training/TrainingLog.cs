using System.Globalization;

namespace Deq.Export.Training;

/// <summary>A column of the log.</summary>
/// <param name="Name">In the head of the CSV file.</param>
/// <param name="Value">A number or a word for each report.</param>
/// <param name="Shown">The number format under which the console shows it after each report; null leaves it to the file.</param>
internal sealed record LogColumn(string Name, Func<TrainingReport, object> Value, string? Shown = null);

/// <summary>The log of a run as CSV: a head, then a line per validation. Reads back by column, also logs with other columns than today's.</summary>
/// <param name="lines">The head and its lines; none at all is an empty log.</param>
internal sealed class TrainingLog(IReadOnlyList<string> lines)
{
    private readonly string[] _names = lines.Count == 0 ? [] : lines[0].Split(',');
    private readonly string[][] _rows = [.. lines.Skip(1).Select(line => line.Split(','))];

    /// <summary>Head and lines.</summary>
    public IReadOnlyList<string> Lines => lines;

    /// <summary>Lines without the head.</summary>
    public int Count => _rows.Length;

    /// <summary>The name of the first column: what the run is measured in, epochs or steps.</summary>
    public string Unit => _names.Length == 0 ? "step" : _names[0];

    /// <summary>The whole file.</summary>
    public string Text => string.Concat(lines.Select(line => line + "\n"));

    /// <summary>A column's numbers, one per line; NaN where one cannot be read, nothing where there is no such column.</summary>
    public IReadOnlyList<double> Column(string name)
    {
        int place = Array.IndexOf(_names, name);
        return place < 0 ? [] : [.. _rows.Select(row => Number(row, place))];
    }

    /// <summary>The log with a line more. Lines of a log with other columns are brought under these.</summary>
    public TrainingLog With(IReadOnlyList<LogColumn> columns, TrainingReport report)
    {
        string[] names = [.. columns.Select(column => column.Name)];
        int[] places = [.. names.Select(name => Array.IndexOf(_names, name))];
        return new TrainingLog(
        [
            string.Join(',', names),
            .. _rows.Select(row => string.Join(',', places.Select(place => place >= 0 && place < row.Length ? row[place] : "NaN"))),
            string.Join(',', columns.Select(column => Cell(column.Value(report)))),
        ]);
    }

    private static string Cell(object value) => value is double number ? number.ToString("G6", CultureInfo.InvariantCulture) : $"{value}";

    private static double Number(string[] row, int place) =>
        place < row.Length && double.TryParse(row[place], NumberStyles.Float, CultureInfo.InvariantCulture, out double value) ? value : double.NaN;
}
