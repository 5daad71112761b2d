using System.Text;
using Deq.Api.Problems;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace Deq.Api.Requests;

/// <summary>A multipart form: parts that bring files, and parameters as text fields. Never touches a file of its own.</summary>
/// <param name="body">The request's body.</param>
/// <param name="limits">How large it may be.</param>
/// <param name="fileParts">The names of the parts that bring files, for messages.</param>
/// <param name="isFile">Whether a part of that name brings a file; called when it begins, and may refuse it.</param>
internal sealed class MultipartForm(RequestBody body, RequestLimits limits, IReadOnlyList<string> fileParts, Func<string, bool> isFile)
{
    private const int MostFields = 32;
    private const int MostFieldBytes = 256;
    private const int MostHeaders = 16;
    private const int MostHeaderBytes = 8 << 10;
    private const int MostBoundary = 70;

    private readonly List<(string Name, ReadOnlyMemory<byte> Bytes)> _files = [];
    private readonly List<KeyValuePair<string, string>> _fields = [];
    private int _parts;

    /// <summary>What came as files, in order, by the name of the part; empty ones too. Until the body's share is disposed.</summary>
    public IReadOnlyList<(string Name, ReadOnlyMemory<byte> Bytes)> Files => _files;

    /// <summary>The other parts, in order.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Fields => _fields;

    /// <exception cref="ProblemException">The form cannot be read, or passes a limit.</exception>
    public async Task ReadAsync(MediaTypeHeaderValue type)
    {
        string boundary = HeaderUtilities.RemoveQuotes(type.Boundary).ToString();
        if (boundary.Length is 0 or > MostBoundary)
        {
            throw Malformed($"The boundary has {boundary.Length} characters; it must have 1 to {MostBoundary}.");
        }

        var reader = new MultipartReader(boundary, body.AsStream()) { HeadersCountLimit = MostHeaders, HeadersLengthLimit = MostHeaderBytes };
        try
        {
            while (await reader.ReadNextSectionAsync(body.Deadline.Token) is { } section)
            {
                await ReadAsync(section);
            }
        }
        catch (OperationCanceledException) when (body.Deadline.HasPassed)
        {
            throw body.Deadline.Late();
        }
        catch (Exception fault) when (fault is InvalidDataException or (IOException and not BadHttpRequestException))
        {
            throw Malformed(
                $"It ends early or a part is not well formed; a part has at most {MostHeaders} headers and {MostHeaderBytes} bytes of them.");
        }
    }

    public static ProblemException Malformed(string detail) => new(ProblemKinds.MalformedMultipart, detail);

    private async Task ReadAsync(MultipartSection section)
    {
        _parts++;
        ContentDispositionHeaderValue disposition = section.GetContentDispositionHeader() ?? throw Unnamed("Content-Disposition");
        string name = HeaderUtilities.RemoveQuotes(disposition.Name).ToString() is { Length: > 0 } given ? given : throw Unnamed("name");
        if (isFile(name))
        {
            _files.Add((name, await body.ReadAsync(section.Body, limits.BodyBytes, body.TooLarge)));
        }
        else if (disposition.FileName.HasValue || disposition.FileNameStar.HasValue)
        {
            throw UnknownFile(name.Shorten());
        }
        else
        {
            await ReadFieldAsync(name, section);
        }
    }

    private async Task ReadFieldAsync(string name, MultipartSection section)
    {
        if (_fields.Count == MostFields)
        {
            throw Malformed($"A form has at most {MostFields} fields beside its files; '{name.Shorten()}' is one more.");
        }

        ReadOnlyMemory<byte> bytes = await body.ReadAsync(section.Body, MostFieldBytes, () => Malformed($"'{name.Shorten()}' is too long; a field has at most {MostFieldBytes} bytes."));
        _fields.Add(KeyValuePair.Create(name, Encoding.UTF8.GetString(bytes.Span)));
    }

    private ProblemException UnknownFile(string name) =>
        new ProblemException(
            ProblemKinds.UnknownParameter, $"Unknown: {name}. A file is taken as {string.Join(" and ", fileParts.Select(part => $"'{part}'"))}.")
            .With("unknown", new[] { name }).With("known", fileParts);

    private ProblemException Unnamed(string lacks) => Malformed(
        $"Part {_parts} has no {lacks}; a part must have Content-Disposition: form-data; name=\"…\", with the name of a parameter, or of a file: {string.Join(", ", fileParts)}.");
}
