using System.Globalization;
using System.Numerics.Tensors;
using Deq.Api.Models;
using Deq.Api.Problems;
using Deq.Api.Solving;
using Deq.Runtime.Models;

namespace Deq.Api.Tasks;

/// <summary>Any model by the tensors of its graphs: what the encoder takes goes in, what the decoder gives comes out, both as single-precision numbers.</summary>
internal sealed class GraphTensors : ITensorTask
{
    public static GraphTensors Instance { get; } = new();

    public IReadOnlyList<SolveParameter> Parameters => SolveParameter.OfSolves;

    public IReadOnlyList<TensorDeclaration> InputsOf(ServedModel model) => Declare(model.Manifest.Encoder.Inputs);

    public IReadOnlyList<TensorDeclaration> OutputsOf(ServedModel model) => Declare(model.Manifest.Decoder.Outputs);

    public IReadOnlyList<SolvePart> Parts(ServedModel model, IReadOnlyList<Tensor> inputs)
    {
        Tensor input = inputs[0];
        TensorContract given = model.Manifest.Encoder.Inputs[0];
        TensorContract output = model.Manifest.Decoder.Outputs[0];
        ShapeKey shape = ShapeOf(model.Manifest, given, input.Shape);
        return [.. Enumerable.Range(0, (int)input.Shape[0]).Select(row => new SolvePart
        {
            Input = numbers => Tensor.Read(input.Row(row).Span, numbers),
            Output = numbers => TensorPrimitives.IsFiniteAll(numbers) ? new[] { Tensor.Of(output.Name, RowShape(model.Manifest, output, shape), numbers) } : null,
            Shape = shape,
        })];
    }

    private static TensorDeclaration[] Declare(IEnumerable<TensorContract> tensors) =>
        [.. tensors.Select(tensor => new TensorDeclaration(tensor.Name, ElementType.Fp32, [.. tensor.Shape.Select(text => Fixed(text) ?? TensorDeclaration.Any)]))];

    /// <summary>Height and width that the encoder's input has, padded as the model wants it.</summary>
    private static ShapeKey ShapeOf(ModelManifest manifest, TensorContract contract, IReadOnlyList<long> shape)
    {
        if (contract.Shape.All(text => text == contract.Shape[0] || Fixed(text) is not null))
        {
            return default;
        }

        FrameSizes sizes = manifest.Input.Sizes!;
        (int height, int width) = (sizes.Multiple, sizes.Multiple);
        for (int axis = 1; axis < shape.Count; axis++)
        {
            (int factor, char name) = Free(contract.Shape[axis]);
            if (name != ' ' && (shape[axis] % factor != 0 || shape[axis] / factor > int.MaxValue / sizes.Multiple))
            {
                throw new ProblemException(ProblemKinds.TensorShape, $"'{contract.Name}' has {shape[axis]} along axis {axis}; the model takes multiples of {factor}.");
            }

            (height, width) = name switch
            {
                'H' => ((int)(shape[axis] / factor) * sizes.Multiple, width),
                'W' => (height, (int)(shape[axis] / factor) * sizes.Multiple),
                _ => (height, width),
            };
        }

        return sizes.Refusal(height, width) is { } refusal ? throw new ProblemException(ProblemKinds.TensorShape, refusal) : new ShapeKey(height, width);
    }

    /// <summary>The extents of one row of an output.</summary>
    private static long[] RowShape(ModelManifest manifest, TensorContract output, ShapeKey shape) => [.. output.Shape.Skip(1).Select(text =>
    {
        (int factor, char name) = Free(text);
        int multiple = name == ' ' ? 1 : manifest.Input.Sizes!.Multiple;
        return name switch
        {
            'H' => factor * (long)(shape.Height / multiple),
            'W' => factor * (long)(shape.Width / multiple),
            _ => factor,
        };
    })];

    /// <summary>An extent that is a number; null of one that varies.</summary>
    private static long? Fixed(string text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long extent) ? extent : null;

    /// <summary>The factor of an extent such as <c>8*H</c> and its name; of a number the number, and a space.</summary>
    private static (int Factor, char Name) Free(string text) => Fixed(text) is { } extent ? ((int)extent, ' ')
        : (text.Length > 1 ? int.Parse(text[..^2], CultureInfo.InvariantCulture) : 1, text[^1]);
}
