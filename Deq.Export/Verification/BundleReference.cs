using System.Globalization;
using Deq.Export.Packing;
using Deq.Runtime.Bundles;
using Deq.Runtime.Models;
using Deq.Runtime.Onnx;

namespace Deq.Export.Verification;

/// <summary>Compares a bundle with arrays that the model's own program wrote: what goes in, what the encoder gives, iterates and outputs.</summary>
/// <remarks>
/// Names: <c>inputs</c>; the encoder's outputs as the bundle calls them, such as <c>x</c>; <c>z8</c>, the state after 8 plain evaluations from the start;
/// <c>outputs8</c>, what the decoder makes of that; <c>outputs</c>, the answers of the program's own solves. The first axis of each counts the inputs.
/// </remarks>
internal sealed class BundleReference
{
    /// <summary>What the inputs are called.</summary>
    public const string Inputs = "inputs";

    private const string State = "z";
    private const string Outputs = "outputs";

    private readonly IReadOnlyDictionary<string, NumpyArray> _arrays;
    private readonly ModelManifest _manifest;

    /// <summary>Reads the arrays.</summary>
    /// <param name="file">As <c>numpy.savez</c> writes it.</param>
    /// <param name="bundle">The bundle.</param>
    /// <exception cref="InvalidDataException">An array is missing, unknown, there twice, of another size, or has numbers that are not finite.</exception>
    public BundleReference(FileInfo file, ModelBundle bundle)
    {
        _manifest = bundle.Manifest;
        _arrays = Named(file.Name, NumpyArrays.Read(file));
        NumpyArray inputs = _arrays.GetValueOrDefault(Inputs) ?? throw new InvalidDataException($"{file.Name} has no array '{Inputs}'.");
        if (CheckedSize.Refusal(_manifest, inputs.Shape) is { } refusal)
        {
            throw new InvalidDataException(
                $"{file.Name}: {Inputs} is [{string.Join(", ", inputs.Shape)}]. {refusal} Pack with another --least-side, --multiple or --most-pixels, or export with an example of another size.");
        }

        Model = bundle.Model.At(CheckedSize.Of(_manifest, inputs.Shape));
        if (inputs.Rows == 0 || inputs.Values.Length != (long)inputs.Rows * Model.InputLength)
        {
            throw new InvalidDataException($"{file.Name}: {Inputs} is [{string.Join(", ", inputs.Shape)}]; the model takes [n, {string.Join(", ", _manifest.Encoder.Inputs[0].Shape.Skip(1))}].");
        }

        if (_arrays.Keys.FirstOrDefault(name => name != Inputs && !IsKnown(name)) is { } unknown)
        {
            throw new InvalidDataException(
                $"{file.Name}: there is nothing to compare '{unknown}' with; arrays are {Inputs}, {string.Join(", ", Injections)}, z<n> and outputs<n> after n evaluations, and outputs of whole solves.");
        }

        if (_arrays.FirstOrDefault(array => array.Value.Rows != inputs.Rows) is { Key: { } other, Value: { } wrong })
        {
            throw new InvalidDataException($"{file.Name}: {other} has {wrong.Rows} rows and {Inputs} {inputs.Rows}.");
        }
    }

    /// <summary>The model at the size of the inputs.</summary>
    public OnnxModel Model { get; }

    /// <summary>The inputs, one by one.</summary>
    public IReadOnlyList<float[]> Values => [.. Enumerable.Range(0, _arrays[Inputs].Rows).Select(row => _arrays[Inputs].Row(row).ToArray())];

    /// <summary>The answers of the program's own solves, one by one.</summary>
    /// <exception cref="InvalidDataException">The reference has none, or of another size.</exception>
    public IReadOnlyList<float[]> Answers
    {
        get
        {
            NumpyArray answers = _arrays.GetValueOrDefault(Outputs) ?? throw new InvalidDataException($"The reference has no array '{Outputs}', the answers of the program's own solves.");
            return answers.Values.Length == (long)answers.Rows * Model.OutputLength
                ? [.. Enumerable.Range(0, answers.Rows).Select(row => answers.Row(row).ToArray())]
                : throw new InvalidDataException($"{Outputs} of the reference is [{string.Join(", ", answers.Shape)}]; the bundle gives {Model.OutputLength} numbers per input.");
        }
    }

    private IEnumerable<string> Injections => _manifest.Encoder.Outputs.Select(output => output.Name);

    /// <summary>Compares every array.</summary>
    /// <returns>The largest difference of each, as a share of the largest value of the expected array.</returns>
    public IReadOnlyList<VerifiedPart> Compare()
    {
        var apart = new SortedDictionary<string, double>(StringComparer.Ordinal);
        int longest = _arrays.Keys.Max(name => Math.Max(After(name, State) ?? 0, After(name, Outputs) ?? 0));
        using OnnxLane lane = Model.OpenLane(1);
        int slots = lane.Space.Allocate(2);
        float[] output = new float[Model.OutputLength];
        for (int row = 0; row < _arrays[Inputs].Rows; row++)
        {
            lane.Encode(_arrays[Inputs].Row(row), 0);
            foreach ((string name, int place) in Injections.Select((name, place) => (name, place)))
            {
                Note(apart, name, row, lane.Injection(0, place));
            }

            lane.Start(slots, 0);
            (int z, int fz) = (slots, slots + 1);
            for (int evaluations = 0; evaluations <= longest; evaluations++)
            {
                if (evaluations > 0)
                {
                    lane.Evaluate(z, fz, 1);
                    (z, fz) = (fz, z);
                }

                Note(apart, $"{State}{evaluations}", row, lane.Space.Row(z, 0));
                if (_arrays.ContainsKey($"{Outputs}{evaluations}"))
                {
                    lane.Decode(z, 0, output);
                    Note(apart, $"{Outputs}{evaluations}", row, output);
                }
            }
        }

        return [.. apart.Select(entry => new VerifiedPart(entry.Key, entry.Value))];
    }

    /// <summary>Writes what <see cref="Compare"/> finds.</summary>
    /// <param name="bound">The largest difference.</param>
    /// <param name="output">Receives a line for each array.</param>
    /// <returns>Whether all arrays agree within the bound, and there are any.</returns>
    public bool Agrees(double bound, TextWriter output)
    {
        IReadOnlyList<VerifiedPart> parts = Compare();
        foreach (VerifiedPart part in parts)
        {
            output.WriteLine(double.IsFinite(part.LargestDifference)
                ? $"  {part.Part}: largest difference {part.LargestDifference:E2}{(part.LargestDifference <= bound ? "" : $", above {bound:E0}")}"
                : $"  {part.Part}: the bundle gives NaN or infinite numbers; those of the reference are finite.");
        }

        bool agrees = parts.Count > 0 && parts.All(part => part.LargestDifference <= bound);
        output.WriteLine(parts.Count == 0
            ? "The reference has nothing after equal numbers of evaluations, such as outputs8; `evaluate --reference` compares its outputs with the answers of whole solves."
            : agrees ? $"The bundle agrees with the reference within {bound:E0}." : "The bundle differs from the reference.");
        if (parts.Count > 0 && _arrays.ContainsKey(Outputs))
        {
            output.WriteLine($"  {Outputs} of the reference was not compared: `evaluate --reference` compares it with the answers of whole solves.");
        }

        return agrees;
    }

    private void Note(SortedDictionary<string, double> apart, string name, int row, ReadOnlySpan<float> actual)
    {
        if (!_arrays.TryGetValue(name, out NumpyArray? expected))
        {
            return;
        }

        ReadOnlySpan<float> values = expected.Row(row);
        if (values.Length != actual.Length)
        {
            throw new InvalidDataException($"{name} of the reference has {values.Length} numbers per input; the bundle gives {actual.Length}.");
        }

        double largest = 0;
        for (int i = 0; i < values.Length; i++)
        {
            double difference = Math.Abs((double)values[i] - actual[i]);
            largest = difference > largest || double.IsNaN(difference) ? difference : largest;
        }

        double worst = largest / expected.Scale;
        apart[name] = double.IsNaN(worst) || worst > apart.GetValueOrDefault(name) ? worst : apart.GetValueOrDefault(name);
    }

    /// <summary>The arrays under the names that the bundle gives the encoder's outputs; what no part of it takes is left out.</summary>
    private SortedDictionary<string, NumpyArray> Named(string file, IReadOnlyDictionary<string, NumpyArray> arrays)
    {
        var named = new SortedDictionary<string, NumpyArray>(StringComparer.Ordinal);
        foreach ((string name, NumpyArray array) in arrays)
        {
            bool isTaken = _manifest.Provenance.TryGetValue(StampedModel.ProvenanceKey(name), out string? bundled) || !IsSpareInjection(name);
            if (isTaken && !named.TryAdd(bundled ?? name, array))
            {
                throw new InvalidDataException($"{file} has two arrays for {bundled ?? name} of the bundle, one of them {name}; leave one out.");
            }

            if (isTaken && !array.IsFinite)
            {
                throw new InvalidDataException(
                    $"{file}: {name} has NaN or infinite numbers, with which nothing can be compared; find them by numpy.isfinite({name}), and leave out the inputs that they come of.");
            }
        }

        return named;
    }

    private bool IsSpareInjection(string name) =>
        name.StartsWith(TensorNames.Injection, StringComparison.Ordinal) && After(name, TensorNames.Injection) is not null && !Injections.Contains(name);

    private bool IsKnown(string name) => name == Outputs || Injections.Contains(name) || After(name, State) is not null || After(name, Outputs) is not null;

    private static int? After(string name, string prefix) =>
        name.StartsWith(prefix, StringComparison.Ordinal) && int.TryParse(name[prefix.Length..], NumberStyles.None, CultureInfo.InvariantCulture, out int evaluations) ? evaluations : null;
}
