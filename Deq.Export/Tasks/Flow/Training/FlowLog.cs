using System.Globalization;

namespace Deq.Export.Tasks.Flow.Training;

/// <summary>The log of a run of a flow estimator, read back: one line per validation.</summary>
internal sealed class FlowLog
{
    private readonly Dictionary<string, double[]> _columns;

    private FlowLog(Dictionary<string, double[]> columns) => _columns = columns;

    /// <summary>The steps at which the run was validated.</summary>
    public IReadOnlyList<double> Steps => Column("step");

    /// <summary>Reads the lines of a checkpoint; numbers that cannot be read are NaN.</summary>
    public static FlowLog Of(FlowProgress progress)
    {
        string[] names = progress.Log[0].Split(',');
        string[][] lines = [.. progress.Log.Skip(1).Select(line => line.Split(','))];
        return new FlowLog(names.Select((name, place) => (name, Values: lines.Select(line => Number(line, place)).ToArray()))
            .ToDictionary(column => column.name, column => column.Values, StringComparer.Ordinal));
    }

    /// <summary>A column by its name in the head, one number per line; empty when there is none of that name.</summary>
    public IReadOnlyList<double> Column(string name) => _columns.GetValueOrDefault(name) ?? [];

    private static double Number(string[] line, int place) =>
        place < line.Length && double.TryParse(line[place], NumberStyles.Float, CultureInfo.InvariantCulture, out double value) ? value : double.NaN;
}
