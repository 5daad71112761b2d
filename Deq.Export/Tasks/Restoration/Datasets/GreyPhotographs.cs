using Deq.Export.Datasets;
using Deq.Export.RandomNumbers;

namespace Deq.Export.Tasks.Restoration.Datasets;

/// <summary>Pictures of a directory in grey, 0 black to 1 white. Shared by threads.</summary>
internal sealed class GreyPhotographs
{
    private GreyPhotographs(IReadOnlyList<GreyPicture> all) => All = all;

    /// <summary>The pictures, by name.</summary>
    public IReadOnlyList<GreyPicture> All { get; }

    /// <summary>Reads every picture of a directory.</summary>
    /// <param name="directory">Where they are.</param>
    /// <param name="shrink">Each pixel is the mean of so many by so many: removes what JPEG left. At least 1.</param>
    /// <exception cref="DatasetException">There is no such directory, it has none, or one is faulty or too small.</exception>
    /// <remarks>Pictures have at least 4 pixels along each side, and 2 after shrinking: planes of a restorer are even.</remarks>
    public static GreyPhotographs Open(string directory, int shrink) =>
        new([.. PictureFiles.In(directory).Select(file => Read(file, shrink, Math.Max(PictureFiles.LeastSide, 2 * shrink)))]);

    /// <summary>Reads one picture.</summary>
    /// <param name="file">Its path.</param>
    /// <param name="shrink">As of <see cref="Open"/>.</param>
    /// <param name="leastSide">The fewest pixels along each side of the file, at least <paramref name="shrink"/>.</param>
    /// <exception cref="DatasetException">It is faulty or too small.</exception>
    public static GreyPicture Read(string file, int shrink, int leastSide) =>
        GreyPicture.Of(Path.GetFileNameWithoutExtension(file), PictureFiles.DecodeAtLeast(file, leastSide)).Shrunk(shrink);

    /// <summary>Those at every so many-th place, or the others.</summary>
    public GreyPhotographs Part(int every, bool isHeldOut) => new([.. All.Where((_, place) => PictureSplit.IsHeldOut(place, every) == isHeldOut)]);

    /// <summary>Copies a random square of a random picture, turned or mirrored; of two drawn squares the one that varies more.</summary>
    /// <param name="side">Pixels.</param>
    /// <param name="random">Decides it.</param>
    /// <param name="patch">Receives <c>[side, side]</c>.</param>
    public void Draw(int side, ref SplitMix64 random, Span<float> patch)
    {
        float[] other = new float[patch.Length];
        DrawOne(side, ref random, patch);
        DrawOne(side, ref random, other);
        if (GreyPicture.Variance(other) > GreyPicture.Variance(patch))
        {
            other.CopyTo(patch);
        }
    }

    private void DrawOne(int side, ref SplitMix64 random, Span<float> patch)
    {
        GreyPicture picture = All[random.NextBelow(All.Count)];
        int top = random.NextBelow(Math.Max(1, picture.Height - side + 1));
        int left = random.NextBelow(Math.Max(1, picture.Width - side + 1));
        int turn = random.NextBelow(8);
        for (int row = 0; row < side; row++)
        {
            for (int column = 0; column < side; column++)
            {
                int across = (turn & 1) == 0 ? column : side - 1 - column;
                int down = (turn & 2) == 0 ? row : side - 1 - row;
                (int y, int x) = (turn & 4) == 0 ? (down, across) : (across, down);
                patch[(row * side) + column] = picture[Math.Min(picture.Height - 1, top + y), Math.Min(picture.Width - 1, left + x)];
            }
        }
    }
}
