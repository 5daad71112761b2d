using Deq.Export.Tasks.Reasoning.Evaluation;
using static TorchSharp.torch;

namespace Deq.Export.Specs.Tasks.Reasoning;

public sealed class AdversarialStartsSpecs
{
    /// <summary>Of f(z) = z the farthest point of a sphere lies opposite of the end.</summary>
    [Fact]
    public void Climbs_to_the_other_side_and_keeps_the_length()
    {
        using IDisposable scope = NewDisposeScope();
        Tensor start = tensor([3f, 0, 0, 0, 0.5f, 0], [2, 3]);
        Tensor end = tensor([0f, 2, 0, 1, 0.1f, 0], [2, 3]);

        Tensor found = AdversarialStarts.Climb(start, end, z => z * 1);

        float[] cosines = nn.functional.cosine_similarity(found, end).data<float>().ToArray();
        Assert.All(cosines, cosine => Assert.InRange(cosine, -1.0001f, -0.99f));
        Assert.All(found.norm(1).data<float>().ToArray().Zip([3f, 0.5f]), pair => Assert.Equal(pair.Second, pair.First, 1e-4f));
    }

    /// <summary>Where every start ends in one place at once, no ascent finds a farther one than the first.</summary>
    [Fact]
    public void Stays_where_it_begins_where_nothing_leads_farther_away()
    {
        using IDisposable scope = NewDisposeScope();
        Tensor start = tensor([3f, 4], [1, 2]);

        Tensor found = AdversarialStarts.Climb(start, tensor([1f, 1], [1, 2]), z => (z * 0) + 2);

        Assert.Equal([3f, 4f], found.data<float>().ToArray());
    }
}
