using Deq.Runtime.Bundles;
using Deq.Runtime.Models;
using Deq.Runtime.Onnx;
using Microsoft.ML.OnnxRuntime;

namespace Deq.Export.Verification;

/// <summary>Compares every product with a Jacobian that a bundle carries with central differences of the graph that it belongs to, at one random point.</summary>
/// <remarks>
/// In the direction d = p/‖p‖ of a product p = uᵀ·∂F/∂a, uᵀ·(F(a + h·d) − F(a − h·d))/2h is ‖p‖. In single precision the two agree to about 1e-3; a kink, as of a
/// rectifier, costs as much again.
/// </remarks>
internal static class ProductProofs
{
    private const double Step = 3e-3;
    private const double Bound = 1e-2;

    /// <summary>A proof for each product, and one line where there is none.</summary>
    public static IEnumerable<BundleProof> Run(ModelBundle bundle)
    {
        ModelManifest manifest = bundle.Manifest;
        Product[] products = [.. Products(manifest)];
        if (products.Length == 0)
        {
            yield return new("products are those of the cell's Jacobian", "the bundle has no graph of a product; pack takes one by --vjp", null);
            yield break;
        }

        Dictionary<string, Tensor> point = Point(bundle);
        foreach (Product product in products)
        {
            double apart = Apart(bundle.Directory, product, point);
            yield return new(
                $"{product.Part.File}: {product.Name} is the product of {product.Cotangent} with ∂{product.MapOutput}/∂{product.Argument}",
                $"it differs from central differences by {apart:E2} of itself, bound {Bound:E0}",
                apart <= Bound);
        }
    }

    private static IEnumerable<Product> Products(ModelManifest manifest)
    {
        (string output, string input) = (manifest.Decoder.Outputs[0].Name, manifest.Encoder.Inputs[0].Name);
        if (manifest.CellVectorJacobian is { } product)
        {
            yield return new(product, TensorNames.CotangentProduct, TensorNames.Cotangent, manifest.Cell, TensorNames.Mapped, TensorNames.State);
        }

        if (manifest.JointCell is { } joint)
        {
            yield return new(joint, TensorNames.CotangentProduct, TensorNames.Cotangent, manifest.Cell, TensorNames.Mapped, TensorNames.State);
            yield return new(joint, TensorNames.InjectionProduct, TensorNames.Cotangent, manifest.Cell, TensorNames.Mapped, TensorNames.Injection);
        }

        if (manifest.DecoderVectorJacobian is { } decoder)
        {
            yield return new(decoder, TensorNames.OutputProduct, TensorNames.OutputCotangent, manifest.Decoder, output, TensorNames.State);
        }

        if (manifest.EncoderVectorJacobian is { } encoder)
        {
            yield return new(encoder, TensorNames.InputProduct, TensorNames.InjectionCotangent, manifest.Encoder, TensorNames.Injection, input);
        }
    }

    /// <summary>A random input with what the encoder gives for it, and a random state and cotangents.</summary>
    private static Dictionary<string, Tensor> Point(ModelBundle bundle)
    {
        ModelManifest manifest = bundle.Manifest;
        using OnnxLane lane = bundle.Model.OpenLane(1);
        float[] input = VerifiedInputs.Noise(1, bundle.Model.InputLength, seed: 3)[0];
        lane.Encode(input, 0);
        var point = new Dictionary<string, Tensor> { [manifest.Encoder.Inputs[0].Name] = new(input, ShapeOf(manifest.Encoder.Inputs[0])) };
        for (int place = 0; place < manifest.Encoder.Outputs.Count; place++)
        {
            point.Add(manifest.Encoder.Outputs[place].Name, new(lane.Injection(0, place).ToArray(), ShapeOf(manifest.Encoder.Outputs[place])));
        }

        point.Add(TensorNames.State, Drawn(manifest.Cell.Inputs[0], 4));
        point.Add(TensorNames.Cotangent, Drawn(manifest.Cell.Outputs[0], 5));
        point.Add(TensorNames.OutputCotangent, Drawn(manifest.Decoder.Outputs[0], 6));
        point.Add(TensorNames.InjectionCotangent, Drawn(manifest.Encoder.Outputs[0], 7));
        return point;

        long[] ShapeOf(TensorContract tensor) => CheckedSize.Numbers(tensor.Shape, manifest, bundle.Model.Shape);

        Tensor Drawn(TensorContract tensor, int seed) =>
            ShapeOf(tensor) is var shape ? new(VerifiedInputs.Noise(1, (int)shape.Aggregate((product, extent) => product * extent), seed)[0], shape) : default!;
    }

    /// <summary>How far a product is from central differences, as a share of its length.</summary>
    private static double Apart(string directory, Product product, IReadOnlyDictionary<string, Tensor> point)
    {
        float[] found = Run(Path.Combine(directory, product.Part.File), product.Part, point, product.Name);
        double length = LengthOf(found);
        Tensor at = point[product.Argument];
        double step = Step * Math.Max(LengthOf(at.Values), 1e-3);
        double slope = (Sum(step) - Sum(-step)) / (2 * step);
        return length == 0 ? Math.Abs(slope) : Math.Abs(slope - length) / length;

        double Sum(double by)
        {
            float[] moved = [.. at.Values.Zip(found, (value, direction) => (float)(value + (by * direction / Math.Max(length, double.Epsilon))))];
            var there = new Dictionary<string, Tensor>(point) { [product.Argument] = at with { Values = moved } };
            float[] mapped = Run(Path.Combine(directory, product.Map.File), product.Map, there, product.MapOutput);
            return mapped.Zip(point[product.Cotangent].Values, (value, cotangent) => (double)value * cotangent).Sum();
        }
    }

    private static double LengthOf(float[] values) => Math.Sqrt(values.Sum(value => (double)value * value));

    /// <summary>One output of a graph.</summary>
    private static float[] Run(string file, ModelPart part, IReadOnlyDictionary<string, Tensor> point, string output)
    {
        using var options = new SessionOptions { IntraOpNumThreads = 1, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
        using var session = new InferenceSession(file, options);
        using var run = new RunOptions();
        OrtValue[] values = [.. part.Inputs.Select(input => OrtValue.CreateTensorValueFromMemory(point[input.Name].Values, point[input.Name].Shape))];
        using IDisposableReadOnlyCollection<OrtValue> outputs = session.Run(run, [.. part.Inputs.Select(input => input.Name)], values, [output]);
        Array.ForEach(values, value => value.Dispose());
        return outputs[0].GetTensorDataAsSpan<float>().ToArray();
    }

    /// <summary>A graph of a product, and the map with whose Jacobian it multiplies.</summary>
    private sealed record Product(ModelPart Part, string Name, string Cotangent, ModelPart Map, string MapOutput, string Argument);

    /// <summary>The numbers of a tensor of one row.</summary>
    private sealed record Tensor(float[] Values, long[] Shape);
}
