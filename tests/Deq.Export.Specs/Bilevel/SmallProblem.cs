using Deq.Benchmarks.Bilevel;

namespace Deq.Export.Specs.Bilevel;

/// <summary>Two classes in a few correlated features.</summary>
internal static class SmallProblem
{
    public static LabelledRows Rows(int count = 113, int width = 30, int seed = 1)
    {
        var random = new Random(seed);
        double[] truth = Normals(random, width);
        double[] features = new double[count * width];
        double[] labels = new double[count];
        for (int row = 0; row < count; row++)
        {
            double before = 0;
            double margin = 0;
            for (int i = 0; i < width; i++)
            {
                before = i == 0 ? Normal(random) : (0.9 * before) + (Math.Sqrt(1 - 0.81) * Normal(random));
                features[(row * width) + i] = before;
                margin += before * truth[i];
            }

            labels[row] = random.NextDouble() < 1 / (1 + Math.Exp(-margin)) ? 1 : -1;
        }

        return new LabelledRows(SparseMatrix.Dense(features, width), labels);
    }

    public static double[] Normals(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => Normal(random))];

    public static double Cosine(ReadOnlySpan<double> a, ReadOnlySpan<double> b) => System.Numerics.Tensors.TensorPrimitives.CosineSimilarity(a, b);

    private static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
