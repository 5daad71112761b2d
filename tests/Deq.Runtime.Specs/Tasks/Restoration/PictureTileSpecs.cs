using Deq.Runtime.Tasks.Restoration;

namespace Deq.Runtime.Specs.Tasks.Restoration;

public sealed class PictureTileSpecs
{
    [Theory]
    [InlineData(30, 50)]
    [InlineData(31, 20)]
    [InlineData(7, 21)]
    [InlineData(1, 1)]
    public void Covers_every_pixel_once_with_windows_of_one_size_that_overlap(int height, int width)
    {
        const int side = 20, overlap = 6;
        float[] picture = [.. Enumerable.Range(0, height * width).Select(i => (float)i)];

        IReadOnlyList<PictureTile> tiles = PictureTile.Covering(height, width, side, overlap);

        float[] joined = new float[4 * picture.Length];
        int[] times = new int[picture.Length];
        foreach (PictureTile tile in tiles)
        {
            tile.Put(Enlarged(tile.Cut<float>(picture, width), tile.Across.Length), 2, joined, 2 * width);
            for (int row = 0; row < tile.Down.Kept; row++)
            {
                for (int column = 0; column < tile.Across.Kept; column++)
                {
                    times[((tile.Down.Start + tile.Down.KeptFrom + row) * width) + tile.Across.Start + tile.Across.KeptFrom + column]++;
                }
            }
        }

        Assert.All(times, count => Assert.Equal(1, count));
        Assert.Equal(Enlarged(picture, width), joined);
        Assert.Single(tiles.Select(tile => (tile.Down.Length, tile.Across.Length)).Distinct());
        Assert.All(tiles, tile => Assert.True(tile.Across.Start == 0 || tile.Across.KeptFrom >= overlap / 2));
    }

    private static float[] Enlarged(float[] picture, int width) =>
        [.. Enumerable.Range(0, 4 * picture.Length).Select(i => picture[(i / (2 * width) / 2 * width) + (i % (2 * width) / 2)])];
}
