using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Deq.Api.Problems;

namespace Deq.Api.Tasks;

/// <summary>A named array of numbers or texts.</summary>
/// <param name="Name">As the model declares it.</param>
/// <param name="Type">What its elements are.</param>
/// <param name="Shape">Extents, the outermost first.</param>
/// <param name="Bytes">The elements in row-major order, little-endian, without padding.</param>
internal sealed record Tensor(string Name, ElementType Type, IReadOnlyList<long> Shape, ReadOnlyMemory<byte> Bytes)
{
    /// <summary>From here on sums of squares of numbers may pass what single precision can hold.</summary>
    public const float Largest = 1e9f;

    /// <summary>How many elements a shape has; -1 where an extent is negative or there are more than an array can have.</summary>
    public static long CountOf(IReadOnlyList<long> shape)
    {
        long count = 1;
        foreach (long extent in shape)
        {
            if (extent < 0 || (extent > 0 && count > int.MaxValue / extent))
            {
                return -1;
            }

            count *= extent;
        }

        return count;
    }

    /// <summary>A tensor of single-precision numbers, copied.</summary>
    public static Tensor Of(string name, IReadOnlyList<long> shape, ReadOnlySpan<float> numbers)
    {
        byte[] bytes = new byte[numbers.Length * sizeof(float)];
        if (BitConverter.IsLittleEndian)
        {
            MemoryMarshal.AsBytes(numbers).CopyTo(bytes);
        }
        else
        {
            for (int i = 0; i < numbers.Length; i++)
            {
                BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(i * sizeof(float)), numbers[i]);
            }
        }

        return new Tensor(name, ElementType.Fp32, shape, bytes);
    }

    /// <summary>The elements at one place of the first axis. The type has elements of one length.</summary>
    public ReadOnlyMemory<byte> Row(int place)
    {
        int length = (int)(Bytes.Length / Shape[0]);
        return Bytes.Slice(place * length, length);
    }

    /// <summary>Copies single-precision numbers.</summary>
    /// <param name="bytes">Little-endian.</param>
    /// <param name="numbers">Receives all of them.</param>
    /// <exception cref="ProblemException">A number is not finite, or beyond ±<see cref="Largest"/>.</exception>
    public static void Read(ReadOnlySpan<byte> bytes, Span<float> numbers)
    {
        for (int i = 0; i < numbers.Length; i++)
        {
            numbers[i] = BinaryPrimitives.ReadSingleLittleEndian(bytes[(i * sizeof(float))..]);
            if (!(Math.Abs(numbers[i]) <= Largest))
            {
                string bounds = float.IsFinite(numbers[i]) ? $"; it must lie between -{Largest} and {Largest}" : "";
                throw new ProblemException(ProblemKinds.NonFiniteTensor, $"Number {i} is {numbers[i]}{bounds}.");
            }
        }
    }
}

/// <summary>A tensor that a model takes or gives.</summary>
/// <param name="Name">Unique among the model's inputs, and among its outputs.</param>
/// <param name="Type">What its elements are.</param>
/// <param name="Shape">Extents, the first of which counts rows; -1 is any.</param>
internal sealed record TensorDeclaration(string Name, ElementType Type, IReadOnlyList<long> Shape)
{
    /// <summary>Any number of rows, or any extent.</summary>
    public const long Any = -1;

    /// <summary>Why a shape is none that the model takes, as a sentence; null when it is one.</summary>
    public string? Refusal(IReadOnlyList<long> shape) =>
        shape.Count == Shape.Count && shape.Zip(Shape).All(pair => pair.Second == Any ? pair.First >= 1 : pair.First == pair.Second)
            ? null
            : $"'{Name}' has the shape [{string.Join(',', shape)}]; the model takes [{string.Join(',', Shape)}], where -1 is any extent of at least 1.";
}
