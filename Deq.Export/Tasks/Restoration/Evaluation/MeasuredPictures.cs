using Deq.Export.Bundling;
using Deq.Export.Datasets;
using Deq.Export.Evaluation;
using Deq.Export.Tasks.Restoration.Datasets;
using Deq.Export.Tasks.Restoration.Training;
using Deq.Export.Verification;
using Deq.Runtime.Bundles;
using Deq.Runtime.Models;
using Deq.Runtime.Tasks.Restoration;

namespace Deq.Export.Tasks.Restoration.Evaluation;

/// <summary>The pictures that a restorer is measured on, none larger than it takes.</summary>
/// <param name="Pictures">At least one.</param>
/// <param name="Notes">Sentences for the report: whether the pictures were held out of the training, and how many were cut.</param>
internal sealed record MeasuredPictures(IReadOnlyList<GreyPicture> Pictures, IReadOnlyList<string> Notes)
{
    private const int SampleSide = 8;

    private static readonly Degradation[] s_operators =
        [.. Damage.All.Select(damage => damage.Of(new GreyPicture("sample", SampleSide, SampleSide, new float[SampleSide * SampleSide])))];

    /// <summary>Reads those of the request's directories. For a card of the directory that the model was trained on: those that the training held out, shrunk as in training.</summary>
    /// <param name="bundle">A restorer.</param>
    /// <param name="request">Which directories, and whether for a card.</param>
    /// <param name="most">The first so many, at least 1.</param>
    /// <exception cref="DatasetException">A directory has no pictures, or a picture is faulty or too small.</exception>
    public static MeasuredPictures Of(ModelBundle bundle, EvaluationRequest request, int most)
    {
        string[] files = [.. request.Data.SelectMany(directory => PictureFiles.In(directory.FullName))];
        int shrink = 1;
        List<string> notes = [];
        if (request.IsForCard)
        {
            PatchLoopRecipe training = RestorationRecipeReader.Read(VerifiedRecipe.In(bundle)).Training;
            string? trained = bundle.Manifest.Provenance.GetValueOrDefault(BundleContents.Split);
            var split = new PictureSplit(files.Length, training.HeldOutEvery);
            bool isTrained = request.Data.Count == 1 && split.HoldsOut && split.Text == trained;
            notes.Add(isTrained ? HeldOut(split, training.Shrink) : Unknown(files.Length, trained));
            (files, shrink) = isTrained ? (HeldOut(files, split), training.Shrink) : (files, shrink);
        }

        int least = LeastSide(bundle.Manifest);
        GreyPicture[] whole = [.. files.Take(most).Select(file => GreyPhotographs.Read(file, shrink, least * shrink))];
        GreyPicture[] pictures = [.. whole.Select(picture => Fitted(picture, bundle.Manifest))];
        int cut = whole.Zip(pictures).Count(pair => pair.First != pair.Second);
        if (cut > 0)
        {
            notes.Add($"{cut} of {pictures.Length} pictures were larger than the model takes, {bundle.Manifest.Input.Sizes!.MostPixels} pixels with their margin, and were cut to their middle.");
        }

        return new MeasuredPictures(pictures, notes);
    }

    /// <summary>The middle of a picture, as large as the model takes with the margin of every damage; the picture itself where it fits.</summary>
    /// <param name="picture">Of any size.</param>
    /// <param name="manifest">A restorer's.</param>
    internal static GreyPicture Fitted(GreyPicture picture, ModelManifest manifest)
    {
        FrameSizes sizes = manifest.Input.Sizes!;
        int border = 2 * s_operators.Max(operation => RestorationProblem.MarginOf(operation, manifest));
        (int height, int width) = (picture.Height, picture.Width);
        while (Math.Max(height, width) > 1 && sizes.Refusal(height + border, width + border) is not null)
        {
            (height, width) = height > width ? (height - 1, width) : (height, width - 1);
        }

        return (height, width) == (picture.Height, picture.Width)
            ? picture
            : picture.Cut((picture.Height - height) / 2, (picture.Width - width) / 2, height, width);
    }

    /// <summary>As large as the widest blur, and as the model takes with the smallest margin.</summary>
    private static int LeastSide(ModelManifest manifest)
    {
        int border = 2 * s_operators.Min(operation => RestorationProblem.MarginOf(operation, manifest));
        return Math.Max(s_operators.Max(operation => operation.Kernel?.Size ?? 1), manifest.Input.Sizes!.LeastSide - border);
    }

    private static string[] HeldOut(string[] files, PictureSplit split) => [.. files.Where((_, place) => PictureSplit.IsHeldOut(place, split.Every))];

    private static string HeldOut(PictureSplit split, int shrink) =>
        $"Measured on pictures that the training held out: {split.HeldOut} of {split.Count}" + (shrink > 1 ? $", shrunk by {shrink} as in training." : ".");

    private static string Unknown(int count, string? trained) =>
        $"The model may have been trained on some of these pictures: {count} were given, and " + (trained is null ? "the checkpoint does not say what was held out." : $"the training had {trained}.");
}
