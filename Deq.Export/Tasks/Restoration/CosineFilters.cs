namespace Deq.Export.Tasks.Restoration;

/// <summary>The filters that training starts from: the discrete cosines of a window without the constant one, and faint noise in the rest.</summary>
internal static class CosineFilters
{
    // Filters beyond the cosines start at a tenth of their length: enough to find a direction of their own.
    private const double NoiseShare = 0.1;
    private const int NoiseSeed = 1;

    /// <summary>Row-major <c>[filters, 4, extent/2, extent/2]</c>, scaled so that ‖W‖² is about <see cref="RidgeRegularizer.Curvature"/>.</summary>
    public static float[] Of(RidgeRecipe recipe)
    {
        (int extent, int window) = (recipe.Extent, recipe.Extent / RidgeRegularizer.Factor);
        int area = extent * extent;
        var random = new Random(NoiseSeed);

        // Each pixel lies in extent²/4 windows.
        double length = RidgeRegularizer.Factor / (double)extent;
        float[] filters = new float[recipe.Filters * area];
        (int Down, int Across)[] order =
            [.. Enumerable.Range(1, area - 1).Select(i => (i / extent, i % extent)).OrderBy(pair => pair.Item1 + pair.Item2).ThenBy(pair => pair.Item1)];
        for (int filter = 0; filter < recipe.Filters; filter++)
        {
            for (int row = 0; row < extent; row++)
            {
                for (int column = 0; column < extent; column++)
                {
                    double value = filter < order.Length
                        ? Cosine(order[filter].Down, row, extent) * Cosine(order[filter].Across, column, extent)
                        : NoiseShare * ((2 * random.NextDouble()) - 1) / extent;
                    int channel = (row % RidgeRegularizer.Factor * RidgeRegularizer.Factor) + (column % RidgeRegularizer.Factor);
                    int place = ((row / RidgeRegularizer.Factor) * window) + (column / RidgeRegularizer.Factor);
                    filters[(((filter * RidgeRegularizer.Factor * RidgeRegularizer.Factor) + channel) * window * window) + place] = (float)(length * value);
                }
            }
        }

        return filters;
    }

    private static double Cosine(int frequency, int place, int extent) =>
        Math.Sqrt((frequency == 0 ? 1.0 : 2.0) / extent) * Math.Cos(Math.PI * frequency * (place + 0.5) / extent);
}
