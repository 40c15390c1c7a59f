/** What people call images, the sendable ones first. */
export const imageExtensions: ReadonlySet<string> = new Set(
  (
    '.png .apng .jpg .jpeg .jpe .jfif .mpo .webp .heic .heif .hif ' +
    '.gif .bmp .tif .tiff .avif .jxl .jp2 .ico .psd .svg .dng .cr2 .cr3 .nef .arw .raf .orf .rw2'
  ).split(' '),
);
