using System.Net.Http.Headers;
using Deq.Api.Page;

namespace Deq.Api.Tasks;

/// <summary>The page's samples as bodies of calls.</summary>
internal static class SampleContent
{
    /// <summary>A picture by itself.</summary>
    public static HttpContent Picture(string sample)
    {
        var content = new ByteArrayContent(PageFile.ReadSample(sample));
        content.Headers.ContentType = new MediaTypeHeaderValue("image/png");
        return content;
    }

    /// <summary>A form of pictures.</summary>
    public static HttpContent Form(params ReadOnlySpan<(string Field, string Sample)> pictures)
    {
        var form = new MultipartFormDataContent();
        foreach ((string field, string sample) in pictures)
        {
            form.Add(Picture(sample), field, sample);
        }

        return form;
    }
}
