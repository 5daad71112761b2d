using Deq.Export.Datasets;
using Deq.Runtime.Imaging;
using Deq.Runtime.Models;

namespace Deq.Export.Tasks.Classification.Datasets;

/// <summary>One image file of a folder.</summary>
internal static class ImageFile
{
    /// <summary>
    /// The images below a folder, however deep, sorted by path. Hidden files and folders, such as notebooks' checkpoints and other systems'
    /// thumbnails, are left out, and so is a link to a folder that has been read or that contains the link.
    /// </summary>
    public static IEnumerable<string> In(string folder) => Below(folder, [RealPath(folder)])
        .Where(PictureFiles.IsPicture)
        .Order(StringComparer.Ordinal);

    /// <summary>The folders in a folder that are not hidden, sorted by path.</summary>
    public static IEnumerable<string> Folders(string folder) =>
        Directory.EnumerateDirectories(folder).Where(path => !PictureFiles.IsHidden(path)).Order(StringComparer.Ordinal);

    /// <summary>The longer side of an image, pixels; null where its head cannot be read.</summary>
    public static int? LongerSide(string path)
    {
        try
        {
            ImageHeader header = ImageDecoder.Identify(File.ReadAllBytes(path), PictureFiles.Limits);
            return Math.Max(header.Width, header.Height);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or ImageRejectedException)
        {
            return null;
        }
    }

    private static IEnumerable<string> Below(string folder, HashSet<string> read) =>
        Directory.EnumerateFiles(folder).Concat(
            Folders(folder).Where(child => IsNew(child, read)).SelectMany(child => Below(child, read)));

    /// <summary>Whether a folder's files have not been listed yet, and are not about to be by a folder further up.</summary>
    private static bool IsNew(string folder, HashSet<string> read)
    {
        string real = RealPath(folder);
        string parent = RealPath(Path.GetDirectoryName(folder)!) + Path.DirectorySeparatorChar;
        return !parent.StartsWith(real + Path.DirectorySeparatorChar, StringComparison.Ordinal) && read.Add(real);
    }

    /// <summary>The path without links in any of its parts.</summary>
    private static string RealPath(string path)
    {
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        string? parent = Path.GetDirectoryName(full);
        if (parent is null)
        {
            return full;
        }

        string own = Path.Combine(RealPath(parent), Path.GetFileName(full));
        return Directory.ResolveLinkTarget(own, returnFinalTarget: true) is { } target ? RealPath(target.FullName) : own;
    }

    /// <summary>Brings an image to the input's size as serving does, rounded to bytes: an image of that size already is taken as it is.</summary>
    /// <param name="path">The file.</param>
    /// <param name="input">What the model takes.</param>
    /// <param name="pixels">Takes <c>[C, H, W]</c>.</param>
    /// <returns>Why the image cannot be read; null when it was.</returns>
    public static string? Read(string path, ImageInput input, Span<byte> pixels)
    {
        byte[] encoded;
        try
        {
            encoded = File.ReadAllBytes(path);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return fault.Message;
        }

        try
        {
            Fill(ImageDecoder.Decode(encoded, PictureFiles.Limits), input, pixels);
            return null;
        }
        catch (ImageRejectedException fault)
        {
            return fault.Message;
        }
    }

    private static void Fill(DecodedImage image, ImageInput input, Span<byte> pixels)
    {
        float[] values = new float[pixels.Length];
        ImageTensor.Fill(image, Unnormalised(input), values);
        for (int place = 0; place < values.Length; place++)
        {
            pixels[place] = (byte)Math.Clamp(MathF.Round(values[place]), 0, 255);
        }
    }

    /// <summary>The same input with values from 0 to 255.</summary>
    private static ImageInput Unnormalised(ImageInput input) => input with
    {
        Mean = [.. Enumerable.Repeat(0.0, input.Channels)],
        Deviation = [.. Enumerable.Repeat(1 / 255.0, input.Channels)],
    };
}
