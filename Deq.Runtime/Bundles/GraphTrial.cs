using Deq.Runtime.Models;
using Deq.Runtime.Onnx;
using Microsoft.ML.OnnxRuntime;

namespace Deq.Runtime.Bundles;

/// <summary>Runs every graph of a bundle on random rows, alone and side by side, and checks what callers rely on.</summary>
/// <remarks>
/// Found: batch sizes fixed inside a graph, graphs that do not end, rows whose answer depends on their neighbours, values that are not finite. It runs at the
/// smallest size that the model accepts.
/// </remarks>
internal sealed class GraphTrial : IDisposable
{
    /// <summary>The longest that the runs of one bundle may take together, where nothing else is asked.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);

    private const int Rows = 2;

    /// <summary>How far a value may differ from that of the same row alone, as a share of the largest: other kernels run for other batch sizes.</summary>
    private const float Rounding = 1e-3f;

    private readonly OnnxModel _model;
    private readonly ModelManifest _manifest;
    private readonly List<string> _faults;
    private readonly TimeSpan _longest;
    private readonly CancellationTokenSource _end;
    private readonly OnnxLane _lane;
    private readonly float[] _inputs;
    private readonly float[] _states;
    private readonly int _z;

    private GraphTrial(OnnxModel model, ModelManifest manifest, List<string> faults, TimeSpan longest)
    {
        (_model, _manifest, _faults, _longest) = (model, manifest, faults, longest);
        _end = new CancellationTokenSource(longest);
        _lane = model.OpenLaneUntil(Rows, _end.Token);
        _z = _lane.Space.Allocate(3);
        var random = new Random(1);
        _inputs = Drawn(Rows * model.InputLength);
        _states = Drawn(Rows * model.StateWidth);

        float[] Drawn(int length) => [.. Enumerable.Range(0, length).Select(_ => (2 * random.NextSingle()) - 1)];
    }

    /// <summary>Runs the graphs.</summary>
    /// <param name="model">At the smallest size that it accepts.</param>
    /// <param name="manifest">Names the files.</param>
    /// <param name="faults">Receives what is wrong.</param>
    /// <param name="longest">The longest that the runs may take together.</param>
    public static void Run(OnnxModel model, ModelManifest manifest, List<string> faults, TimeSpan longest)
    {
        using var trial = new GraphTrial(model, manifest, faults, longest);
        if (trial.Values([0]) is { } first && trial.Values([1]) is { } second && trial.Values([0, 1]) is { } both)
        {
            trial.Compare([.. first.Zip(second, (one, other) => (float[])[.. one, .. other])], both);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _lane.Dispose();
        _end.Dispose();
    }

    /// <summary>What encoder, cell, decoder and energy give for these rows, one after another in each; null when a graph cannot run.</summary>
    private float[][]? Values(int[] rows)
    {
        float[] outputs = new float[rows.Length * _model.OutputLength];
        float[] energies = new float[_model.HasEnergy ? rows.Length : 0];
        float[] states = Picked(_states, _model.StateWidth);
        states.CopyTo(_lane.Space[_z]);
        bool ran = Runs(_manifest.Encoder, () => _lane.EncodeRows(Picked(_inputs, _model.InputLength), 0, rows.Length))
            && Runs(_manifest.Cell, () => _lane.Evaluate(_z, _z + 1, rows.Length))
            && Runs(_manifest.Decoder, () => _lane.DecodeRows(states, rows.Length, outputs))
            && (!_model.HasEnergy || Runs(_manifest.Energy!, () => EnergiesOf(energies)))
            && (_manifest.CellVectorJacobian is not { } product
                || Runs(product, () => _lane.VectorJacobian!.Evaluate(_z, _z + 1, _z + 2, rows.Length)))
            && (!_model.HasJointGraphs || Runs(_manifest.JointCell!, () => RunJoint(rows.Length)));
        return ran ? [Injections(rows.Length), _lane.Space[_z + 1][..states.Length].ToArray(), outputs, energies] : null;

        bool Runs(ModelPart part, Action run) => TryRun(part, rows.Length, run);

        float[] Picked(float[] from, int length) => [.. rows.SelectMany(row => from.Skip(row * length).Take(length))];
    }

    private void EnergiesOf(float[] energies)
    {
        for (int row = 0; row < energies.Length; row++)
        {
            energies[row] = (float)_lane.Energy(_z, row);
        }
    }

    /// <summary>Runs the graphs of joint inference once. <see cref="Values"/> has run the others; a fault is of one of these three.</summary>
    private void RunJoint(int rows)
    {
        using var runs = new JointRuns(_model, rows, _end.Token);
        for (int row = 0; row < rows; row++)
        {
            runs.State(row).Clear();
            runs.Multiplier(row).Clear();
            runs.Input(row).Clear();
            runs.OutputCotangent(row).Clear();
        }

        runs.Forward(rows);
        runs.Backward(rows);
    }

    private float[] Injections(int rows) =>
        [.. Enumerable.Range(0, rows).SelectMany(row => Enumerable.Range(0, _model.Injections.Count).SelectMany(place => _lane.Injection(row, place).ToArray()))];

    private bool TryRun(ModelPart part, int rows, Action run)
    {
        try
        {
            run();
            return true;
        }
        catch (OnnxRuntimeException fault)
        {
            _faults.Add(_end.IsCancellationRequested
                ? $"{part.File} did not end within {_longest.TotalSeconds:0.###} s on the smallest input that the model accepts."
                : $"{part.File} cannot run on {rows} {(rows == 1 ? "row" : "rows")}; where a batch size is written into it, reshape with -1 and export with dynamic_axes. "
                    + $"ONNX Runtime says: {fault.Message.ReplaceLineEndings(" ")}");
            return false;
        }
    }

    private void Compare(float[][] alone, float[][] together)
    {
        string[] files = [_manifest.Encoder.File, _manifest.Cell.File, _manifest.Decoder.File, .. _model.HasEnergy ? [_manifest.Energy!.File] : (string[])[]];
        for (int part = 0; part < files.Length; part++)
        {
            float largest = alone[part].Max(Math.Abs);
            if (!alone[part].All(float.IsFinite))
            {
                _faults.Add($"{files[part]} gives NaN or infinite values for inputs between -1 and 1.");
            }
            else if (alone[part].Zip(together[part], (one, other) => Math.Abs(one - other)).Max() is var apart && !(apart <= Rounding * largest))
            {
                _faults.Add($"{files[part]} gives a row other values beside another row than alone: they differ by {apart:G3} where the largest is {largest:G3}. "
                    + "Rows must not depend on each other: no batch statistics, no reduction over the batch axis.");
            }
        }
    }
}
