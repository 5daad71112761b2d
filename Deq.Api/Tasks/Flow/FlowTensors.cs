using Deq.Api.Models;
using Deq.Api.Solving;
using Deq.Api.Streams;
using Deq.Runtime.Imaging;
using Deq.Runtime.Models;
using Deq.Runtime.Tasks.Flow;

namespace Deq.Api.Tasks.Flow;

/// <summary>A flow estimator by tensors: two frames of eight bits per channel in, the motion between them out, of the frames' own size.</summary>
internal sealed class FlowTensors(FlowInputs inputs) : ISequencedTask
{
    private const int Channels = 3;

    public IReadOnlyList<SolveParameter> Parameters => GraphTensors.Instance.Parameters;

    public IReadOnlyList<TensorDeclaration> InputsOf(ServedModel model) => [.. FramesPayload.Fields.Select(field => new TensorDeclaration(
        field, ElementType.UInt8, [TensorDeclaration.Any, TensorDeclaration.Any, TensorDeclaration.Any, Channels]))];

    public IReadOnlyList<TensorDeclaration> OutputsOf(ServedModel model) =>
        [new TensorDeclaration(FlowTask.Flow, ElementType.Fp32, [TensorDeclaration.Any, 2, TensorDeclaration.Any, TensorDeclaration.Any])];

    public IReadOnlyList<SolvePart> Parts(ServedModel model, IReadOnlyList<Tensor> frames)
    {
        Check(model, frames);
        GuidedModel guided = inputs.Of(model);
        return [.. Enumerable.Range(0, (int)frames[0].Shape[0]).Select(row => PartOf(frames, row, guided))];
    }

    public ISequencedSolve Next(ServedModel model, IReadOnlyList<Tensor> frames, StreamMemory last)
    {
        Check(model, frames);
        return new SequencedFlow(frames, model, inputs.Of(model), last);
    }

    /// <summary>What the frames are padded to.</summary>
    public static ShapeKey ShapeOf(IReadOnlyList<Tensor> frames, GuidedModel model) =>
        model.Frames.Input.Sizes!.ShapeOf((int)frames[0].Shape[1], (int)frames[0].Shape[2]);

    /// <summary>The row of the outputs; null where the flow is not finite.</summary>
    public static Tensor[]? Read(ReadOnlySpan<float> output, IReadOnlyList<Tensor> frames, GuidedModel model)
    {
        (int height, int width) = ((int)frames[0].Shape[1], (int)frames[0].Shape[2]);
        return EstimatedFlow.Read(output, width, height, model.Frames.Input.Sizes!) is { } flow
            ? [Tensor.Of(FlowTask.Flow, [2, height, width], [.. flow.U, .. flow.V])]
            : null;
    }

    /// <summary>An opaque image of one row of <c>[rows, height, width, 3]</c>.</summary>
    public static DecodedImage ImageOf(Tensor frames, int row)
    {
        (int height, int width) = ((int)frames.Shape[1], (int)frames.Shape[2]);
        ReadOnlySpan<byte> colours = frames.Row(row).Span;
        byte[] pixels = new byte[4 * width * height];
        for (int pixel = 0; pixel < width * height; pixel++)
        {
            colours.Slice(Channels * pixel, Channels).CopyTo(pixels.AsSpan(4 * pixel));
            pixels[(4 * pixel) + Channels] = byte.MaxValue;
        }

        return new DecodedImage(width, height, pixels);
    }

    private static void Check(ServedModel model, IReadOnlyList<Tensor> frames)
    {
        (IReadOnlyList<long> first, IReadOnlyList<long> second) = (frames[0].Shape, frames[1].Shape);
        FrameSizeCheck.Check(((int)first[2], (int)first[1]), ((int)second[2], (int)second[1]), model.Manifest.Input);
    }

    private static SolvePart PartOf(IReadOnlyList<Tensor> frames, int row, GuidedModel model)
    {
        ShapeKey shape = ShapeOf(frames, model);
        float[] start = new float[FlowStateLayout.Of(model.State, shape).Length];
        return new SolvePart
        {
            Input = numbers => Write(numbers, isQuick: false),
            QuickInput = model.Frames.IsGuessed ? numbers => Write(numbers, isQuick: true) : null,
            Output = output => Read(output, frames, model),
            Shape = shape,
            Start = model.Frames.StartOf(start),
            IsWarm = () => false,
        };

        void Write(Span<float> numbers, bool isQuick) =>
            model.Frames.Open(ImageOf(frames[0], row), ImageOf(frames[1], row), numbers, model.State, last: [], mostLost: 1, start, isQuick);
    }
}
