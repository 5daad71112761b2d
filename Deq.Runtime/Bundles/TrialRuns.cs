using Deq.Runtime.Models;
using Deq.Runtime.Onnx;
using Microsoft.ML.OnnxRuntime;

namespace Deq.Runtime.Bundles;

/// <summary>Runs every graph of a bundle at one size and keeps all that they give.</summary>
internal sealed class TrialRuns : IDisposable
{
    private readonly OnnxModel _model;
    private readonly ModelManifest _manifest;
    private readonly Action<ModelPart, int, TimeSpan, OnnxRuntimeException> _failed;
    private readonly CancellationToken _end;
    private readonly OnnxLane _lane;
    private readonly int _z;
    private readonly List<TrialOutput> _outputs = [];

    /// <summary>Opens a lane.</summary>
    /// <param name="model">At the size.</param>
    /// <param name="manifest">Names the files.</param>
    /// <param name="capacity">The most rows of a run.</param>
    /// <param name="failed">Takes a graph that cannot run, on how many rows, how long it ran, and what ONNX Runtime says.</param>
    /// <param name="end">Ends the runs.</param>
    public TrialRuns(OnnxModel model, ModelManifest manifest, int capacity, Action<ModelPart, int, TimeSpan, OnnxRuntimeException> failed, CancellationToken end)
    {
        (_model, _manifest, _failed, _end) = (model, manifest, failed, end);
        _lane = model.OpenLaneUntil(capacity, end);
        _z = _lane.Space.Allocate(4);
    }

    /// <summary>Runs encoder, cell, decoder and what else the bundle has.</summary>
    /// <param name="rows">Evaluated together.</param>
    /// <returns>Every output of every graph, in their order; null when a graph cannot run.</returns>
    public IReadOnlyList<TrialOutput>? Run(params IReadOnlyList<TrialRow> rows)
    {
        _outputs.Clear();
        return Encode(rows) && Evaluate(rows) && Decode(rows) && Energies(rows) && Products(rows) && Joint(rows) ? [.. _outputs] : null;
    }

    /// <inheritdoc/>
    public void Dispose() => _lane.Dispose();

    private bool Encode(IReadOnlyList<TrialRow> rows)
    {
        bool ran = Try(_manifest.Encoder, rows, () => _lane.EncodeRows([.. rows.SelectMany(row => row.Input)], 0, rows.Count));
        for (int place = 0; ran && place < _model.Injections.Count; place++)
        {
            Note(_manifest.Encoder, _model.Injections[place].Name, rows, row => _lane.Injection(row, place));
        }

        return ran;
    }

    private bool Evaluate(IReadOnlyList<TrialRow> rows)
    {
        for (int row = 0; row < rows.Count; row++)
        {
            if (rows[row].State is { } state)
            {
                _lane.Start(_z, row, state);
            }
            else
            {
                _lane.Start(_z, row);
            }
        }

        return Try(_manifest.Cell, rows, () => _lane.Evaluate(_z, _z + 1, rows.Count))
            && Note(_manifest.Cell, TensorNames.Mapped, rows, row => _lane.Space.Row(_z + 1, row));
    }

    private bool Decode(IReadOnlyList<TrialRow> rows)
    {
        float[] outputs = new float[rows.Count * _model.OutputLength];
        return Try(_manifest.Decoder, rows, () => _lane.DecodeRows(_lane.Space[_z].AsSpan(0, rows.Count * _model.StateWidth), rows.Count, outputs))
            && Note(_manifest.Decoder, _model.Output, rows, row => outputs.AsSpan(row * _model.OutputLength, _model.OutputLength));
    }

    private bool Energies(IReadOnlyList<TrialRow> rows)
    {
        float[] energies = new float[rows.Count];
        return !_model.HasEnergy || (Try(_manifest.Energy!, rows, FindEnergies) && Note(_manifest.Energy!, TensorNames.Energy, rows, row => energies.AsSpan(row, 1)));

        void FindEnergies()
        {
            for (int row = 0; row < energies.Length; row++)
            {
                energies[row] = (float)_lane.Energy(_z, row);
            }
        }
    }

    private bool Products(IReadOnlyList<TrialRow> rows)
    {
        if (_manifest.CellVectorJacobian is not { } part)
        {
            return true;
        }

        for (int row = 0; row < rows.Count; row++)
        {
            _lane.Start(_z + 2, row, rows[row].Cotangent);
        }

        return Try(part, rows, () => _lane.VectorJacobian!.Evaluate(_z, _z + 2, _z + 3, rows.Count))
            && Note(part, TensorNames.CotangentProduct, rows, row => _lane.Space.Row(_z + 3, row));
    }

    /// <summary>Runs the graphs of joint inference. The others have run by now; a fault is of one of these three.</summary>
    private bool Joint(IReadOnlyList<TrialRow> rows)
    {
        if (!_model.HasJointGraphs)
        {
            return true;
        }

        using var runs = new JointRuns(_model, rows.Count, _end);
        for (int row = 0; row < rows.Count; row++)
        {
            _lane.Space.Row(_z, row).CopyTo(runs.State(row));
            rows[row].Cotangent.CopyTo(runs.Multiplier(row));
            rows[row].Input.CopyTo(runs.Input(row));
            rows[row].OutputCotangent.CopyTo(runs.OutputCotangent(row));
        }

        return Try(_manifest.JointCell!, rows, () => runs.Forward(rows.Count))
            && Note(_manifest.JointCell!, TensorNames.Mapped, rows, runs.Mapped)
            && Note(_manifest.JointCell!, TensorNames.CotangentProduct, rows, runs.StateProduct)
            && Note(_manifest.JointCell!, TensorNames.InjectionProduct, rows, runs.InjectionProduct)
            && Try(_manifest.DecoderVectorJacobian!, rows, () => runs.Backward(rows.Count))
            && Note(_manifest.DecoderVectorJacobian!, TensorNames.OutputProduct, rows, runs.OutputProduct)
            && Note(_manifest.EncoderVectorJacobian!, TensorNames.InputProduct, rows, runs.InputProduct);
    }

    private bool Note(ModelPart part, string tensor, IReadOnlyList<TrialRow> rows, RowValues values)
    {
        _outputs.Add(new TrialOutput(part.File, tensor, [.. Enumerable.Range(0, rows.Count).Select(row => values(row).ToArray())]));
        return true;
    }

    private bool Try(ModelPart part, IReadOnlyList<TrialRow> rows, Action run)
    {
        long began = TimeProvider.System.GetTimestamp();
        try
        {
            run();
            return true;
        }
        catch (OnnxRuntimeException fault)
        {
            _failed(part, rows.Count, TimeProvider.System.GetElapsedTime(began), fault);
            return false;
        }
    }

    /// <summary>The numbers of a row.</summary>
    private delegate Span<float> RowValues(int row);
}
