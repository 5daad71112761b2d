using Deq.Runtime.Tasks.Restoration;

namespace Deq.Runtime.Specs.Tasks.Restoration;

public sealed class GapFillingSpecs
{
    [Fact]
    public void Keeps_known_pixels_and_fills_every_gap_within_their_range()
    {
        var random = new Random(5);
        bool[] known = [.. Enumerable.Range(0, 9 * 7).Select(_ => random.NextDouble() < 0.1)];
        known[20] = true;
        float[] picture = [.. known.Select(each => each ? 0.25f + (0.5f * random.NextSingle()) : 9)];

        float[] filled = GapFilling.Fill(picture, known, 7, 9);

        Assert.All(filled, value => Assert.InRange(value, 0.25f, 0.75f));
        Assert.All(Enumerable.Range(0, known.Length).Where(i => known[i]), i => Assert.Equal(picture[i], filled[i]));
    }
}
