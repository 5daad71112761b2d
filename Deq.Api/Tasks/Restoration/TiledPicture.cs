using Deq.Api.Problems;
using Deq.Runtime.Models;
using Deq.Runtime.Tasks.Restoration;

namespace Deq.Api.Tasks.Restoration;

/// <summary>One solve of a request: a plane, or a tile of it.</summary>
/// <param name="Plane">0 grey or luminance; 1 and 2 colour differences.</param>
/// <param name="Tile">Which pixels of the picture that was sent.</param>
/// <param name="Problem">What is solved.</param>
/// <param name="Measured">Cuts y out, the tile's pixels: many tiles of large pictures wait, so each is cut only where it is needed.</param>
internal sealed record TiledSolve(int Plane, PictureTile Tile, RestorationProblem Problem, Func<float[]> Measured);

/// <summary>What is solved of a picture: each plane whole, or in overlapping tiles of one size where it is too large for the model at once.</summary>
internal sealed class TiledPicture
{
    /// <summary>The largest answer, in units of the most pixels that the model takes at once.</summary>
    public const int MostTimesLarger = 16;

    // Pixels of the answer: large enough that the overlap costs little, small enough that several tiles are solved at a time.
    private const int Side = 512;

    // What an edge that is not the picture's changes has faded out well before half of this.
    private const int Overlap = 64;

    private readonly Degradation _degradation;
    private readonly Lazy<float[][]> _joined;

    /// <summary>States the problems.</summary>
    /// <param name="picture">What was sent.</param>
    /// <param name="degradation">H.</param>
    /// <param name="manifest">A restorer's.</param>
    /// <param name="sigma">Grey levels.</param>
    /// <param name="lambda">How strongly to restore.</param>
    /// <exception cref="ProblemException">The answer would be too large, or a tile has no known pixel.</exception>
    public TiledPicture(PicturePlanes picture, Degradation degradation, ModelManifest manifest, double sigma, double lambda)
    {
        _degradation = degradation;
        (Height, Width) = (picture.Height * degradation.Factor, picture.Width * degradation.Factor);
        IReadOnlyList<PictureTile> tiles = TilesOf(picture, degradation, manifest);
        Degradation[] parts = [.. tiles.Select(tile => tiles.Count == 1 ? degradation : PartOf(degradation, tile, picture.Width))];
        Solves =
        [
            .. Enumerable.Range(0, picture.Planes.Count).SelectMany(plane => tiles.Select((tile, place) => new TiledSolve(
                plane,
                tile,
                new RestorationProblem(parts[place], tile.Down.Length, tile.Across.Length, manifest, sigma * picture.NoiseShares[plane], lambda * picture.StrengthShares[plane]),
                () => tiles.Count == 1 ? picture.Planes[plane] : tile.Cut<float>(picture.Planes[plane], picture.Width)))),
        ];
        Tiles = tiles.Count;
        int planes = picture.Planes.Count;
        _joined = new(() => [.. Enumerable.Range(0, planes).Select(_ => new float[Height * Width])]);
    }

    /// <summary>Of the answer, pixels.</summary>
    public int Height { get; }

    /// <summary>Of the answer, pixels.</summary>
    public int Width { get; }

    /// <summary>How many tiles each plane has.</summary>
    public int Tiles { get; }

    /// <summary>Plane by plane, in each tile by tile.</summary>
    public IReadOnlyList<TiledSolve> Solves { get; }

    /// <summary>
    /// Takes in what a solve restored, and gives what of it must be kept until the answer: a whole plane, or nothing of a tile, which is put into its plane at once. What
    /// tiles put does not overlap, so several threads may, each with another solve.
    /// </summary>
    /// <param name="place">The solve's among <see cref="Solves"/>.</param>
    /// <param name="restored">Pixels of its plane or tile.</param>
    public float[] Put(int place, float[] restored)
    {
        if (Tiles == 1)
        {
            return restored;
        }

        Solves[place].Tile.Put(restored, _degradation.Factor, _joined.Value[Solves[place].Plane], Width);
        return [];
    }

    /// <summary>The planes of the answer, once every solve is <see cref="Put"/>.</summary>
    /// <param name="kept">What was kept of every solve.</param>
    public IReadOnlyList<float[]> Joined(IReadOnlyList<float[]> kept) => Tiles == 1 ? kept : _joined.Value;

    private static IReadOnlyList<PictureTile> TilesOf(PicturePlanes picture, Degradation degradation, ModelManifest manifest)
    {
        FrameSizes sizes = manifest.Input.Sizes!;
        int factor = degradation.Factor;
        int margin = (2 * RestorationProblem.MarginOf(degradation, manifest)) + sizes.Multiple;
        (long height, long width) = ((long)picture.Height * factor, (long)picture.Width * factor);
        if ((height + margin) * (width + margin) <= sizes.MostPixels)
        {
            return [PictureTile.Whole(picture.Height, picture.Width)];
        }

        int side = Math.Min(Side, (int)Math.Sqrt(sizes.MostPixels) - margin) / factor;
        int overlap = ((Overlap + factor - 1) / factor) + (2 * (degradation.Kernel?.Radius ?? 0) / factor);
        long most = (long)MostTimesLarger * sizes.MostPixels;
        return height * width <= most && side > overlap
            ? PictureTile.Covering(picture.Height, picture.Width, side, overlap)
            : throw new ProblemException(
                ProblemKinds.ImageTooLarge, $"The answer would have {width} x {height} pixels; with this model it has at most {most}.").WithLimit(most);
    }

    private static Degradation PartOf(Degradation degradation, PictureTile tile, int width)
    {
        if (degradation.Known is not { } known)
        {
            return degradation;
        }

        bool[] part = tile.Cut<bool>((bool[])known, width);
        return part.Contains(true)
            ? Degradation.OfMask(part, isOfLossy: !degradation.KeepsAll)
            : throw new ProblemException(
                ProblemKinds.InvalidInput,
                $"The mask leaves no pixel of the {tile.Across.Length} x {tile.Down.Length} at ({tile.Across.Start}, {tile.Down.Start}); a picture this large is restored in such parts.");
    }
}
