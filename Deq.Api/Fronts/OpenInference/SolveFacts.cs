using System.Buffers.Binary;
using System.Text;
using Deq.Api.Solving;
using Deq.Api.Tasks;

namespace Deq.Api.Fronts.OpenInference;

/// <summary>How answers were found: over all rows as parameters, and per row as tensors that a request can ask for.</summary>
internal static class SolveFacts
{
    /// <summary>The tensors that every model has beside its own, by name.</summary>
    public static IReadOnlyDictionary<string, Func<IReadOnlyList<SolveReport>, Tensor>> Tensors { get; } =
        new Dictionary<string, Func<IReadOnlyList<SolveReport>, Tensor>>(StringComparer.Ordinal)
        {
            ["deq_converged"] = reports => PerRow("deq_converged", ElementType.Bool, reports, (report, bytes) => bytes[0] = report.Converged ? (byte)1 : (byte)0),
            ["deq_evaluations"] = reports => PerRow("deq_evaluations", ElementType.Int32, reports, (report, bytes) => BinaryPrimitives.WriteInt32LittleEndian(bytes, report.Evaluations)),
            ["deq_residual"] = reports => PerRow("deq_residual", ElementType.Fp32, reports, (report, bytes) => BinaryPrimitives.WriteSingleLittleEndian(bytes, (float)(report.Residual ?? 0))),
            ["deq_stop"] = reports => Texts("deq_stop", [reports.Count], [.. reports.Select(report => report.Stop)]),
        };

    /// <summary>What was granted and spent: of several rows the evaluations of all, and of everything else the worst.</summary>
    public static IReadOnlyList<KeyValuePair<string, object>> Parameters(IReadOnlyList<SolveReport> reports)
    {
        SolveReport first = reports[0];
        List<KeyValuePair<string, object>> facts =
        [
            Fact("converged", reports.All(report => report.Converged)),
            Fact("stop", SolveReport.StopsOf(reports)),
            Fact("evaluations", reports.Sum(report => report.Evaluations)),
            Fact("tolerance", first.Tolerance),
            Fact("solver", first.Solver),
            Fact("priority", first.Priority),
            Fact("maxEvaluations", first.Budget.MaxEvaluations),
            Fact("deadlineMs", first.Budget.DeadlineMs),
            Fact("spentMs", reports.Max(report => report.SpentMs)),
            Fact("queueMs", reports.Max(report => report.QueueMs)),
            Fact("warm", reports.Any(report => report.Warm)),
        ];
        if (reports.Max(report => report.Residual) is { } residual)
        {
            facts.Insert(3, Fact("residual", residual));
        }

        if (reports.Any(report => report.Standby == true))
        {
            facts.Add(Fact("standby", true));
        }

        if (first.Profile is { } profile)
        {
            facts.Add(Fact("budget", profile));
        }

        if (first.Clamped.Count > 0)
        {
            facts.Add(Fact("clamped", string.Join(',', first.Clamped.Select(clamped => InferParameters.NameOf(clamped.Parameter)))));
        }

        return facts;
    }

    /// <summary>Texts as a tensor.</summary>
    public static Tensor Texts(string name, IReadOnlyList<long> shape, IReadOnlyList<string> texts)
    {
        using var bytes = new MemoryStream();
        Span<byte> length = stackalloc byte[sizeof(int)];
        foreach (string text in texts)
        {
            byte[] encoded = Encoding.UTF8.GetBytes(text);
            BinaryPrimitives.WriteInt32LittleEndian(length, encoded.Length);
            bytes.Write(length);
            bytes.Write(encoded);
        }

        return new Tensor(name, ElementType.Text, shape, bytes.ToArray());
    }

    private static KeyValuePair<string, object> Fact(string name, object value) => KeyValuePair.Create(InferParameters.NameOf(name), value);

    private static Tensor PerRow(string name, ElementType type, IReadOnlyList<SolveReport> reports, WriteElement write)
    {
        byte[] bytes = new byte[reports.Count * type.Bytes];
        for (int row = 0; row < reports.Count; row++)
        {
            write(reports[row], bytes.AsSpan(row * type.Bytes, type.Bytes));
        }

        return new Tensor(name, type, [reports.Count], bytes);
    }

    private delegate void WriteElement(SolveReport report, Span<byte> bytes);
}
