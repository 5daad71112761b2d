using System.Numerics.Tensors;
using Deq.Runtime.Models;
using Deq.Runtime.Onnx;
using Microsoft.ML.OnnxRuntime;

namespace Deq.Runtime.Bundles;

/// <summary>Runs every graph of a bundle on a few rows, alone and side by side, and checks what callers rely on.</summary>
/// <remarks>
/// Found: batch sizes fixed inside a graph, graphs that do not end, random operators, rows whose answer depends on their neighbours, values that are not finite. At
/// the smallest size that the model accepts three rows run, alone, in twos and up to five together: random numbers, random numbers where cold solves start, and
/// zeros there. A model of free size then runs two rows of a typical size, or of what of it <see cref="MostMemory"/> allows, and three together where that
/// allows it: at the smallest, often one pixel, many faults are hidden.
/// </remarks>
internal sealed class GraphTrial
{
    /// <summary>The longest that the runs of one bundle may take together, where nothing else is asked.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);

    /// <summary>How far a value may differ from that of the same row alone, as a share of the output's largest: other kernels run for other batch sizes.</summary>
    private const float Rounding = 1e-3f;

    /// <summary>How far it may differ when only the neighbour differs, as such a share: the same kernels run, which on a device may add in another order.</summary>
    private const float Reordering = 1e-5f;

    /// <summary>
    /// A run at a typical size takes no more, by estimate: ONNX Runtime keeps what it took with the session. At this the shipped flow estimator runs at 320 x 240 and
    /// the restorer at 248 x 168; opening the dozen shipped bundles takes 0.4 s and 80 MB more, where 512 MiB took 1 s and 430 MB.
    /// </summary>
    private const long MostMemory = 128 << 20;

    /// <summary>Nor more than this share of the memory that the process may use.</summary>
    private const int MemoryShare = 32;

    /// <summary>The size of the first runs, in words.</summary>
    public const string Smallest = "the smallest input that the model accepts";

    /// <summary>Rows that run together, where they have room: some graphs mix rows only where there are more than two.</summary>
    private const int MostTogether = 5;

    /// <summary>Rows that run together at the smallest size, whatever room they take.</summary>
    private const int LeastTogether = 3;

    private const string Random = "inputs between -1 and 1";

    private readonly ModelManifest _manifest;
    private readonly List<string> _faults;
    private readonly TimeSpan _longest;
    private readonly CancellationToken _end;
    private readonly Random _random = new(1);
    private string _size = Smallest;

    private GraphTrial(ModelManifest manifest, List<string> faults, TimeSpan longest, CancellationToken end) =>
        (_manifest, _faults, _longest, _end) = (manifest, faults, longest, end);

    /// <summary>Runs the graphs.</summary>
    /// <param name="model">The bundle's.</param>
    /// <param name="manifest">Names the files.</param>
    /// <param name="faults">Receives what is wrong.</param>
    /// <param name="longest">The longest that the runs may take together.</param>
    public static void Run(OnnxModel model, ModelManifest manifest, List<string> faults, TimeSpan longest)
    {
        using var end = new CancellationTokenSource(longest);
        var trial = new GraphTrial(manifest, faults, longest, end.Token);
        int before = faults.Count;
        trial.TryLeast(model.Least);
        long room = Math.Min(MostMemory, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / MemoryShare);
        if (faults.Count == before && model.TypicalWithin(room) is { } typical)
        {
            trial.TryTypical(typical, room);
        }
    }

    /// <summary>The fault of a graph that was running when the time was over.</summary>
    /// <param name="file">The graph's.</param>
    /// <param name="longest">The longest that the runs may take together.</param>
    /// <param name="own">How long its run had taken.</param>
    /// <param name="size">What it ran on, in words.</param>
    public static string Unending(string file, TimeSpan longest, TimeSpan own, string size) =>
        $"The trial runs together took more than {longest.TotalSeconds:0.###} s; {file} was running after {own.TotalSeconds:0.#} s of its own, on {size}.";

    /// <summary>The fault of a graph that cannot run.</summary>
    /// <param name="file">The graph's.</param>
    /// <param name="rows">It ran on so many.</param>
    /// <param name="size">What it ran on, in words.</param>
    /// <param name="fault">What ONNX Runtime says.</param>
    public static string Unrunnable(string file, int rows, string size, OnnxRuntimeException fault) =>
        $"{file} cannot run on {rows} {(rows == 1 ? "row" : "rows")}{(size == Smallest ? "" : $" of {size}")}; where a batch size is written into it, reshape with -1 and export with dynamic_axes. "
        + $"ONNX Runtime says: {fault.Message.ReplaceLineEndings(" ")}";

    private void TryLeast(OnnxModel model)
    {
        TrialRow[] rows =
        [
            Row(model, Random, state: Drawn(model.StateWidth)),
            Row(model, $"{Random} where solves start"),
            Row(model, "an input of zeros where solves start") with { Input = new float[model.InputLength] },
        ];

        int most = MostTogether;
        while (most > LeastTogether && model.BytesOf(most) > MostMemory)
        {
            most--;
        }

        TrialRow[] several = [.. Enumerable.Range(0, most).Select(place => rows[place % rows.Length])];
        using var runs = new TrialRuns(model, _manifest, most, Note, _end);
        if (Alone(runs, rows) is { } alone && runs.Run(rows[0]) is { } again
            && runs.Run(rows[0], rows[1]) is { } beside && runs.Run(rows[0], rows[0]) is { } besideItself && runs.Run(several) is { } together)
        {
            CheckFinite([.. rows.Zip(alone)]);
            HashSet<string> unsteady = CheckRepeats(alone[0], again);
            CheckRows(
            [
                new(alone[0], 0, beside, 0, Rounding),
                new(alone[1], 0, beside, 1, Rounding),
                new(alone[0], 0, besideItself, 1, Rounding),
                new(besideItself, 0, beside, 0, Reordering),
                .. several.Select((_, place) => new RowPair(alone[place % rows.Length], 0, together, place, Rounding)),
            ],
            unsteady);
        }
    }

    private void TryTypical(OnnxModel model, long room)
    {
        _size = $"an input of {model.Shape.Width} x {model.Shape.Height} pixels";
        TrialRow[] rows = [Row(model, $"{Random} on {_size}", state: Drawn(model.StateWidth)), Row(model, $"{Random} where solves start on {_size}")];
        TrialRow[] several = model.BytesOf(LeastTogether) <= room ? [.. rows, rows[0]] : rows;
        using var runs = new TrialRuns(model, _manifest, several.Length, Note, _end);
        if (Alone(runs, rows) is { } alone && runs.Run(several) is { } beside)
        {
            CheckFinite([.. rows.Zip(alone)]);
            CheckRows([.. several.Select((_, place) => new RowPair(alone[place % rows.Length], 0, beside, place, Rounding))], unsteady: []);
        }
    }

    /// <summary>Each row on its own; null where a graph cannot run.</summary>
    private static List<IReadOnlyList<TrialOutput>>? Alone(TrialRuns runs, TrialRow[] rows)
    {
        var alone = new List<IReadOnlyList<TrialOutput>>();
        foreach (TrialRow row in rows)
        {
            if (runs.Run(row) is not { } outputs)
            {
                return null;
            }

            alone.Add(outputs);
        }

        return alone;
    }

    private TrialRow Row(OnnxModel model, string description, float[]? state = null) => new()
    {
        Input = Drawn(model.InputLength),
        State = state,
        Cotangent = Drawn(model.StateWidth),
        OutputCotangent = model.HasJointGraphs ? Drawn(model.OutputLength) : [],
        Description = description,
    };

    private float[] Drawn(int length)
    {
        float[] drawn = new float[length];
        for (int i = 0; i < length; i++)
        {
            drawn[i] = (2 * _random.NextSingle()) - 1;
        }

        return drawn;
    }

    private void Note(ModelPart part, int rows, TimeSpan own, OnnxRuntimeException fault) =>
        _faults.Add(_end.IsCancellationRequested ? Unending(part.File, _longest, own, _size) : Unrunnable(part.File, rows, _size, fault));

    /// <summary>Names each graph that gives what is no number, by the first row and output that has one.</summary>
    /// <param name="found">Each row, and what was found for it alone.</param>
    private void CheckFinite((TrialRow Row, IReadOnlyList<TrialOutput> Outputs)[] found)
    {
        foreach (string file in found[0].Outputs.Select(output => output.File).Distinct())
        {
            var faults = from row in found
                         from output in row.Outputs
                         where output.File == file && !float.IsFinite(Largest(output.Rows[0]))
                         select $"{file} gives NaN or infinite values in {output.Tensor} for {row.Row.Description}.";
            _faults.AddRange(faults.Take(1));
        }
    }

    /// <summary>Names each graph that gives the same row other values each time.</summary>
    /// <returns>Their files. All where the encoder is one: the other graphs take what it gives.</returns>
    private HashSet<string> CheckRepeats(IReadOnlyList<TrialOutput> one, IReadOnlyList<TrialOutput> again)
    {
        string[] unsteady =
        [
            .. one.Zip(again)
                .Where(pair => Apart(pair.First.Rows[0], pair.Second.Rows[0]) > Reordering * Largest(pair.First.Rows[0]))
                .Select(pair => pair.First.File)
                .Distinct(),
        ];
        bool isEncoder = unsteady.Contains(_manifest.Encoder.File);
        _faults.AddRange((isEncoder ? [_manifest.Encoder.File] : unsteady).Select(file =>
            $"{file} gives the same row other values each time: a random operator, such as dropout in training mode; call dropout with training=self.training, and eval() before the export."));
        return [.. isEncoder ? one.Select(output => output.File) : unsteady];
    }

    /// <summary>Names each graph that gives a row other values beside another row, by the first output that differs.</summary>
    /// <param name="pairs">The same row twice; the first is random numbers alone.</param>
    /// <param name="unsteady">Files of graphs that differ without neighbours.</param>
    private void CheckRows(RowPair[] pairs, HashSet<string> unsteady)
    {
        var named = new HashSet<string>(unsteady);
        for (int place = 0; place < pairs[0].One.Count; place++)
        {
            TrialOutput output = pairs[0].One[place];
            float usual = Largest(output.Rows[0]);
            foreach (RowPair pair in pairs)
            {
                float[] one = pair.One[place].Rows[pair.OneRow];
                (float largest, float apart) = (Math.Max(usual, Largest(one)), Apart(one, pair.Other[place].Rows[pair.OtherRow]));
                if (float.IsFinite(largest) && !(apart <= pair.Bound * largest) && named.Add(output.File))
                {
                    _faults.Add($"{output.File} gives a row other values beside another row than alone: {output.Tensor} differs by {apart:G3} where the largest is {largest:G3}. "
                        + "Rows must not depend on each other: no batch statistics, no reduction over the batch axis.");
                }
            }
        }
    }

    /// <summary>The largest magnitude; NaN where one is.</summary>
    private static float Largest(float[] values) => Math.Abs(TensorPrimitives.MaxMagnitude(values));

    private static float Apart(float[] one, float[] other)
    {
        float apart = 0;
        for (int i = 0; i < one.Length; i++)
        {
            apart = Math.Max(apart, Math.Abs(one[i] - other[i]));
        }

        return apart;
    }

    /// <summary>The same row in two runs, and how far its values may differ as a share of the output's largest.</summary>
    private readonly record struct RowPair(IReadOnlyList<TrialOutput> One, int OneRow, IReadOnlyList<TrialOutput> Other, int OtherRow, float Bound);
}
