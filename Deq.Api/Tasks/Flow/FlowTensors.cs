using Deq.Api.Models;
using Deq.Api.Problems;
using Deq.Api.Solving;
using Deq.Runtime.Imaging;
using Deq.Runtime.Models;
using Deq.Runtime.Tasks.Flow;

namespace Deq.Api.Tasks.Flow;

/// <summary>A flow estimator by tensors: two frames of eight bits per channel in, the motion between them out, of the frames' own size.</summary>
internal sealed class FlowTensors(FlowInputs inputs) : ITensorTask
{
    private const int Channels = 3;

    public IReadOnlyList<SolveParameter> Parameters => GraphTensors.Instance.Parameters;

    public IReadOnlyList<TensorDeclaration> InputsOf(ServedModel model) => [.. FramesPayload.Fields.Select(field => new TensorDeclaration(
        field, ElementType.UInt8, [TensorDeclaration.Any, TensorDeclaration.Any, TensorDeclaration.Any, Channels]))];

    public IReadOnlyList<TensorDeclaration> OutputsOf(ServedModel model) =>
        [new TensorDeclaration(FlowTask.Flow, ElementType.Fp32, [TensorDeclaration.Any, 2, TensorDeclaration.Any, TensorDeclaration.Any])];

    public IReadOnlyList<SolvePart> Parts(ServedModel model, IReadOnlyList<Tensor> frames)
    {
        (IReadOnlyList<long> first, IReadOnlyList<long> second) = (frames[0].Shape, frames[1].Shape);
        if (FramePair.Refusal((int)first[2], (int)first[1], (int)second[2], (int)second[1], model.Manifest.Input) is { } refusal)
        {
            throw new ProblemException(ProblemKinds.FrameSize, refusal);
        }

        GuidedModel guided = inputs.Of(model);
        return [.. Enumerable.Range(0, (int)first[0]).Select(row => PartOf(frames, row, guided))];
    }

    private static SolvePart PartOf(IReadOnlyList<Tensor> frames, int row, GuidedModel model)
    {
        (int height, int width) = ((int)frames[0].Shape[1], (int)frames[0].Shape[2]);
        FrameSizes sizes = model.Frames.Input.Sizes!;
        ShapeKey shape = sizes.ShapeOf(height, width);
        float[] start = new float[FlowStateLayout.Of(model.State, shape).Length];
        return new SolvePart
        {
            Input = numbers =>
            {
                (DecodedImage first, DecodedImage second) = (ImageOf(frames[0].Row(row).Span, width, height), ImageOf(frames[1].Row(row).Span, width, height));
                model.Frames.Open(first, second, numbers, model.State, last: [], mostLost: 1, start);
            },
            Output = output => EstimatedFlow.Read(output, width, height, sizes) is { } flow
                ? new[] { Tensor.Of(FlowTask.Flow, [2, height, width], [.. flow.U, .. flow.V]) }
                : null,
            Shape = shape,
            Start = start,
            IsWarm = () => false,
        };
    }

    /// <summary>An opaque image of <c>[height, width, 3]</c>.</summary>
    private static DecodedImage ImageOf(ReadOnlySpan<byte> colours, int width, int height)
    {
        byte[] pixels = new byte[4 * width * height];
        for (int pixel = 0; pixel < width * height; pixel++)
        {
            colours.Slice(Channels * pixel, Channels).CopyTo(pixels.AsSpan(4 * pixel));
            pixels[(4 * pixel) + Channels] = byte.MaxValue;
        }

        return new DecodedImage(width, height, pixels);
    }
}
